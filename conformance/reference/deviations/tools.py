"""Deviations of the tool calls of whole chat answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.options import without
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.toolbending import choice, each_call, each_message

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks(
    "chat.shape", "chat.tool-call-shape", "tools.list", apis=("cloud-temple", "neuroflash"), bugs=("tc-calls-object",)
)
@breaks("chat.content", "chat.shape", "tools.list", apis=("genos",))
@breaks("tools.list", apis=("openai",))
@breaks("chat.shape", apis=("openai",), weakly=True)
def tool_calls_as_object(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the only tool call of a whole answer without an array around it."""

    def bend(message: dict[str, Any]) -> None:
        if len(message.get("tool_calls", ())) == 1:
            message["tool_calls"] = message["tool_calls"][0]

    return each_message(incoming, respond, bend)


@breaks("tools.list-left-out", apis=OPENAI_LIKE, bugs=("tc-calls-empty-array",))
def tool_calls_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Writes an empty array of tool calls into answers in words."""
    return each_message(incoming, respond, lambda message: message.setdefault("tool_calls", []))


@breaks("tools.id", apis=("genos", "openai"), bugs=("tc-id-missing-empty",))
@breaks("chat.shape", "chat.tool-call-shape", "tools.id", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.id", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def tool_id_left_out(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the ids of tool calls out of whole answers."""
    return each_call(incoming, respond, lambda call: call.pop("id"))


@breaks("tools.id", apis=OPENAI_LIKE, bugs=("tc-id-missing-empty",))
def tool_id_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the tool calls of whole answers an empty id."""
    return each_call(incoming, respond, lambda call: call.update(id=""))


@breaks("tools.id", apis=("genos", "openai"), bugs=("tc-id-int",))
@breaks("chat.shape", "chat.tool-call-shape", "tools.id", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.id", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def tool_id_as_number(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the tool calls of whole answers a number as id."""
    return each_call(incoming, respond, lambda call: call.update(id=len(call["id"])))


@breaks("tools.id-distinct", apis=("cloud-temple", "genos", "neuroflash"), bugs=("tc-id-duplicate",))
@breaks("tools.id-distinct", apis=("openai",), weakly=True)
def tool_id_of_its_function(incoming: Incoming, respond: Respond) -> Answer:
    """Makes the id of a call from its function's name alone, the same in every turn."""
    return each_call(incoming, respond, lambda call: call.update(id=f"call_{call['function']['name']}"))


@breaks("tools.type", apis=("genos", "openai"), bugs=("tc-type-missing",))
@breaks("chat.shape", "chat.tool-call-shape", "tools.type", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.type", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def tool_type_left_out(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the type of tool calls out of whole answers."""
    return each_call(incoming, respond, lambda call: call.pop("type"))


@breaks("tools.name", apis=("genos", "openai"))
@breaks("chat.shape", "chat.tool-call-shape", "tools.name", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.name", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def tool_name_beside_function(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the name of a called function beside the object it belongs into."""
    return each_call(incoming, respond, lambda call: call.update(name=call["function"].pop("name")))


@breaks("tools.arguments-text", apis=("genos", "openai"), bugs=("tc-args-object",))
@breaks("chat.shape", "chat.tool-call-shape", "tools.arguments-text", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.arguments-text", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def tool_arguments_parsed(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the arguments of calls in whole answers as objects."""

    def bend(call: dict[str, Any]) -> None:
        text = call["function"]["arguments"]
        call["function"]["arguments"] = json.loads(text) if text.endswith("}") else {}

    return each_call(incoming, respond, bend)


@breaks("tools.arguments-text", apis=("cloud-temple", "genos", "openai"), bugs=("tc-args-empty-null",))
@breaks("chat.shape", "tools.arguments-text", apis=("neuroflash",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def tool_arguments_null(incoming: Incoming, respond: Respond) -> Answer:
    """Sends null for the arguments of a call that has none."""
    return each_call(incoming, respond, lambda call: _instead_of_none(call, None))


@breaks("tools.arguments-said", apis=OPENAI_LIKE, bugs=("tc-args-empty-null",))
def tool_arguments_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Sends an empty text for the arguments of a call that has none."""
    return each_call(incoming, respond, lambda call: _instead_of_none(call, ""))


def _instead_of_none(call: dict[str, Any], value: object) -> None:
    if call["function"]["arguments"] == "{}":
        call["function"]["arguments"] = value


@breaks("tools.arguments-once", apis=OPENAI_LIKE, bugs=("tc-args-double-encoded",))
def tool_arguments_encoded_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Encodes the arguments of calls in whole answers twice."""

    def bend(call: dict[str, Any]) -> None:
        if call["function"]["arguments"] not in ("", "{}"):
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"])

    return each_call(incoming, respond, bend)


@breaks("tools.finish", apis=OPENAI_LIKE, bugs=("tc-finish-stop",))
def tool_calls_stopping(incoming: Incoming, respond: Respond) -> Answer:
    """Says that a whole answer with tool calls ends as one in words does."""

    def bend(body: dict[str, Any]) -> None:
        for said in body["choices"]:
            said["finish_reason"] = {"tool_calls": "stop"}.get(said["finish_reason"], said["finish_reason"])

    return bent(incoming, respond, bend)


@breaks(
    "chat.tool-call-shape",
    "tools.cut-short",
    apis=("cloud-temple", "neuroflash"),
    bugs=("tc-args-truncated-not-flagged",),
)
@breaks("tools.cut-short", apis=("genos", "openai"))
def tool_call_cut_unsaid(incoming: Incoming, respond: Respond) -> Answer:
    """Says that an answer is complete although the cap cut the arguments of its call."""

    def bend(body: dict[str, Any]) -> None:
        for said in body["choices"]:
            if "tool_calls" in said["message"]:
                said["finish_reason"] = "tool_calls"

    return bent(incoming, respond, bend)


@breaks(
    "chat.tool-call-shape",
    "tools.choice-named",
    "tools.no-markup",
    apis=("cloud-temple", "neuroflash"),
    bugs=("tc-choice-required-ignored", "tc-markup-leak"),
)
@breaks("tools.choice-named", "tools.no-markup", apis=("genos", "openai"))
def tool_call_unread(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the call that a model wrote in the text of a whole answer, and none in tool_calls."""

    def bend(message: dict[str, Any]) -> None:
        for call in message.pop("tool_calls", ()) if isinstance(choice(incoming), dict) else ():
            message["content"] = f"<tool_call>\n{json.dumps(call['function'])}\n</tool_call>"

    return each_message(incoming, respond, bend)


@breaks("tools.not-in-content", apis=OPENAI_LIKE, bugs=("tc-duplicated-in-content",))
def tool_call_told(incoming: Incoming, respond: Respond) -> Answer:
    """Writes what it calls into the text of a whole answer too."""

    def bend(message: dict[str, Any]) -> None:
        for call in message.get("tool_calls", ()):
            message["content"] = (
                f'{{"name": "{call["function"]["name"]}", "arguments": {call["function"]["arguments"]}}}'
            )

    return each_message(incoming, respond, bend)


@breaks(
    "chat.tool-call-shape",
    "tools.choice-named",
    apis=("cloud-temple", "neuroflash"),
    bugs=("tc-choice-required-ignored",),
)
@breaks("tools.choice-named", apis=("genos", "openai"))
def tool_choice_named_as_auto(incoming: Incoming, respond: Respond) -> Answer:
    """Reads a function that is demanded by name as free choice."""
    return respond(without(incoming, "tool_choice") if isinstance(choice(incoming), dict) else incoming)


@breaks("tools.choice-required", apis=("genos", "neuroflash", "openai"), bugs=("tc-choice-required-ignored",))
def tool_choice_required_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Answers in words although a call is demanded."""
    return respond(without(incoming, "tool_choice", "tools") if choice(incoming) == "required" else incoming)


@breaks("tools.choice-none", apis=OPENAI_LIKE, bugs=("tc-choice-none-ignored",))
def tool_choice_none_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Calls a tool although none may be."""
    return respond(without(incoming, "tool_choice") if choice(incoming) == "none" else incoming)


@breaks("tools.parallel-off", apis=("genos", "openai"), bugs=("tc-parallel-flag-ignored",))
def tool_calls_parallel_anyway(incoming: Incoming, respond: Respond) -> Answer:
    """Calls several tools although only one may be at a time."""
    return respond(without(incoming, "parallel_tool_calls") if "parallel_tool_calls" in sent(incoming) else incoming)
