"""Legal variations of tool calls: they bend what crosses the wire and break no promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import copy_of, each_choice, spliced
from conformance.reference.deviations.toolbending import (
    choice,
    each_call,
    each_later_part,
    each_message,
    each_part,
    functions,
)

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Frame, Incoming, Respond


@breaks(apis=("cloud-temple", "genos", "openai"))
def legal_no_tools(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses every request with tools, as a model without them does."""
    given = "tools" in sent(incoming) or "tool_choice" in sent(incoming)
    return refused(incoming, respond, "this deployment does not support tools") if given else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_no_tool_choice(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses to force or forbid calls."""
    said = choice(incoming)
    forced = said is not None and said != "auto"
    return refused(incoming, respond, "only the tool choice auto is supported", 422) if forced else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_stop_after_forced_call(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: ends with stop where a call was forced, as OpenAI does."""

    def bend(said: dict[str, Any]) -> None:
        said["finish_reason"] = {"tool_calls": "stop"}.get(said["finish_reason"], said["finish_reason"])

    if not isinstance(choice(incoming), dict) and choice(incoming) != "required":
        return respond(incoming)
    if sent(incoming).get("stream"):
        return each_choice(incoming, respond, bend)
    return bent(incoming, respond, lambda body: list(map(bend, body["choices"])))


@breaks(apis=OPENAI_LIKE)
def legal_single_calls(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: never calls more than one tool at a time."""
    several = len(functions(incoming)) > 1
    return respond(replace(incoming, json={**sent(incoming), "parallel_tool_calls": False}) if several else incoming)


@breaks(apis=OPENAI_LIKE)
def legal_words_beside_calls(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: says what it is about to do beside a tool call."""

    def bend(message: dict[str, Any]) -> None:
        if "tool_calls" in message:
            message["content"] = "Let me note that {quickly}."

    return each_message(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_empty_content_beside_calls(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: has an empty text as content beside tool calls."""

    def bend(message: dict[str, Any]) -> None:
        if "tool_calls" in message:
            message["content"] = ""

    return each_message(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_short_call_ids(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: makes ids of calls of nine letters and digits, as Mistral does."""
    return each_call(incoming, respond, lambda call: call.update(id=call["id"][-9:]))


@breaks(apis=OPENAI_LIKE)
def legal_further_call_fields(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: adds fields that no document names to tool calls."""

    def bend(call: dict[str, Any]) -> None:
        call |= {"extra_content": {"google": {"thought_signature": "c2ln"}}}

    return each_part(incoming, lambda i: each_call(i, respond, bend), bend)


@breaks(apis=OPENAI_LIKE)
def legal_call_index_in_whole_answers(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: numbers the calls of whole answers too."""
    return each_call(incoming, respond, lambda call: call.update(index=0))


@breaks(apis=OPENAI_LIKE)
def legal_spaced_arguments(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: lays out the arguments of calls over several lines."""

    def bend(call: dict[str, Any]) -> None:
        call["function"]["arguments"] = call["function"]["arguments"].replace("{", "{\n  ").replace("}", "\n}\n")

    return each_call(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_calls_in_one_delta(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: streams all calls of an answer whole, in one delta."""

    def splice(frames: list[Frame]) -> list[Frame]:
        calls: dict[int, dict[str, Any]] = {}
        kept = [frame for frame in frames if not _parts(frame)]
        for part in [part for frame in frames for part in _parts(frame)]:
            call = calls.setdefault(part["index"], part)
            if call is not part:
                call["function"]["arguments"] += part["function"]["arguments"]
        if not calls:
            return frames
        opening = copy_of(next(frame for frame in frames if _parts(frame)))
        opening.data["choices"][0]["delta"]["tool_calls"] = list(calls.values())
        return [opening, *kept]

    return spliced(incoming, respond, splice)


def _parts(frame: Frame) -> list[dict[str, Any]]:
    choices = frame.data["choices"] if isinstance(frame.data, dict) else []
    return choices[0]["delta"].get("tool_calls", []) if choices else []


@breaks(apis=OPENAI_LIKE)
def legal_empty_ids_in_later_deltas(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: has empty texts for the id and the name in later deltas of a call, and says its type again."""
    return each_later_part(
        incoming, respond, lambda part, _: (part.update(id="", type="function"), part["function"].update(name=""))
    )


@breaks(apis=OPENAI_LIKE)
def legal_calls_without_first_arguments(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: begins a streamed call without the member arguments."""

    def bend(part: dict[str, Any]) -> None:
        if "id" in part:
            part["function"].pop("arguments")

    return each_part(incoming, respond, bend)
