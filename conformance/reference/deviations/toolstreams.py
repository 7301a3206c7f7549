"""Deviations of the tool calls of streamed answers."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import chunks_of, copy_of, each_choice, spliced
from conformance.reference.deviations.toolbending import each_later_part, each_part

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Frame, Incoming, Respond


@breaks("tools.index", apis=OPENAI_LIKE, bugs=("tc-index-missing",))
def tool_deltas_without_index(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the index out of the deltas of tool calls."""
    return each_part(incoming, respond, lambda part: part.pop("index"))


@breaks("tools.index", apis=OPENAI_LIKE, bugs=("tc-index-null-or-string",))
def tool_deltas_with_null_index(incoming: Incoming, respond: Respond) -> Answer:
    """Says null for the index in the deltas of tool calls."""
    return each_part(incoming, respond, lambda part: part.update(index=None))


@breaks("tools.index", apis=OPENAI_LIKE, bugs=("tc-index-null-or-string",))
def tool_deltas_with_index_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the index in the deltas of tool calls as a text."""
    return each_part(incoming, respond, lambda part: part.update(index=str(part["index"])))


@breaks("tools.index-counts", apis=OPENAI_LIKE, bugs=("tc-index-all-zero",))
def tool_deltas_all_of_index_zero(incoming: Incoming, respond: Respond) -> Answer:
    """Gives all calls of a stream the index 0."""
    return each_part(incoming, respond, lambda part: part.update(index=0))


@breaks("tools.index-counts", apis=OPENAI_LIKE, bugs=("tc-index-from-one",))
def tool_deltas_from_index_one(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers the calls of a stream from 1."""
    return each_part(incoming, respond, lambda part: part.update(index=part["index"] + 1))


@breaks("stream.chunk-shape", "tools.list", apis=("cloud-temple", "neuroflash", "openai"), bugs=("tc-calls-object",))
@breaks("tools.list", apis=("genos",))
def tool_deltas_as_object(incoming: Incoming, respond: Respond) -> Answer:
    """Streams tool calls without an array around them."""

    def bend(choice: dict[str, Any]) -> None:
        if "tool_calls" in choice["delta"]:
            choice["delta"]["tool_calls"] = choice["delta"]["tool_calls"][0]

    return each_choice(incoming, respond, bend)


@breaks("tools.delta-left-out", apis=OPENAI_LIKE, bugs=("tc-calls-null-delta",))
def tool_deltas_null(incoming: Incoming, respond: Respond) -> Answer:
    """Says null for the tool calls in every delta of words."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].setdefault("tool_calls", None))


@breaks("tools.delta-left-out", apis=OPENAI_LIKE)
def tool_deltas_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Has an empty array of tool calls in every delta of words."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].setdefault("tool_calls", []))


@breaks("tools.id", apis=OPENAI_LIKE, bugs=("tc-id-missing-empty",))
def tool_deltas_without_id(incoming: Incoming, respond: Respond) -> Answer:
    """Streams tool calls without ids."""
    return each_part(incoming, respond, lambda part: part.pop("id", None))


@breaks("tools.id", apis=OPENAI_LIKE, bugs=("tc-id-int",))
def tool_deltas_with_numbers_for_ids(incoming: Incoming, respond: Respond) -> Answer:
    """Streams tool calls whose ids are numbers."""
    return each_part(incoming, respond, lambda part: part.update(id=7 + part["index"]) if "id" in part else None)


@breaks("tools.id-distinct", apis=OPENAI_LIKE, bugs=("tc-id-duplicate",))
def tool_deltas_of_one_id(incoming: Incoming, respond: Respond) -> Answer:
    """Gives all tool calls of a stream one id."""
    return each_part(incoming, respond, lambda part: part.update(id="call_0") if "id" in part else None)


@breaks("tools.id-stable", apis=OPENAI_LIKE, bugs=("tc-id-changes",))
def tool_deltas_with_changing_ids(incoming: Incoming, respond: Respond) -> Answer:
    """Gives each delta of a call an id of its own."""
    turn = count()
    return each_later_part(incoming, respond, lambda part, first: part.update(id=f"{first['id']}-{next(turn)}"))


@breaks("tools.id-once", apis=OPENAI_LIKE, bugs=("tc-id-repeated",))
def tool_deltas_repeating_the_id(incoming: Incoming, respond: Respond) -> Answer:
    """Says the id in every delta of a call."""
    return each_later_part(incoming, respond, lambda part, first: part.update(id=first["id"]))


@breaks("tools.name-once", apis=OPENAI_LIKE, bugs=("tc-name-repeated",))
def tool_deltas_repeating_the_name(incoming: Incoming, respond: Respond) -> Answer:
    """Says the function's name in every delta of a call."""
    return each_later_part(
        incoming, respond, lambda part, first: part["function"].update(name=first["function"]["name"])
    )


@breaks("tools.name-whole", apis=OPENAI_LIKE, bugs=("tc-name-fragmented",))
def tool_name_in_pieces(incoming: Incoming, respond: Respond) -> Answer:
    """Splits the name of a called function over two deltas."""

    def bend(part: dict[str, Any], first: dict[str, Any]) -> None:
        name = first["function"]["name"]
        if part["index"] not in split:
            split.add(part["index"])
            first["function"]["name"], part["function"]["name"] = name[:3], name[3:]

    split: set[int] = set()
    return each_later_part(incoming, respond, bend)


@breaks("tools.delta-nulls", apis=OPENAI_LIKE, bugs=("tc-nulls-in-later-deltas",))
def tool_deltas_with_nulls(incoming: Incoming, respond: Respond) -> Answer:
    """Says null for the id, the type and the name in later deltas of a call."""
    return each_later_part(
        incoming, respond, lambda part, _: (part.update(id=None, type=None), part["function"].update(name=None))
    )


@breaks("tools.delta-nulls", apis=OPENAI_LIKE, bugs=("tc-args-empty-null",))
def tool_deltas_with_null_arguments(incoming: Incoming, respond: Respond) -> Answer:
    """Says null for the arguments where a streamed call begins."""

    def bend(part: dict[str, Any]) -> None:
        part["function"]["arguments"] = part["function"]["arguments"] or None

    return each_part(incoming, respond, bend)


@breaks("tools.type", apis=("cloud-temple", "genos", "neuroflash"), bugs=("tc-type-missing",))
@breaks("tools.type", apis=("openai",), weakly=True)
def tool_deltas_without_type(incoming: Incoming, respond: Respond) -> Answer:
    """Streams tool calls without their type."""
    return each_part(incoming, respond, lambda part: part.pop("type", None))


@breaks("tools.type", apis=OPENAI_LIKE, bugs=("tc-type-missing",))
def tool_deltas_with_null_type(incoming: Incoming, respond: Respond) -> Answer:
    """Says null for the type where a streamed call begins."""
    return each_part(incoming, respond, lambda part: part.update(type=None) if "type" in part else None)


@breaks("tools.name", apis=OPENAI_LIKE)
def tool_deltas_without_name(incoming: Incoming, respond: Respond) -> Answer:
    """Streams tool calls without the name of the function."""
    return each_part(incoming, respond, lambda part: part["function"].pop("name", None))


@breaks("tools.arguments-text", apis=OPENAI_LIKE, bugs=("tc-args-object",))
def tool_deltas_with_parsed_arguments(incoming: Incoming, respond: Respond) -> Answer:
    """Streams the arguments of a call as one object."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return _with_whole_arguments(frames, json.loads)

    return spliced(incoming, respond, splice)


@breaks("tools.arguments-once", apis=OPENAI_LIKE, bugs=("tc-args-snapshot-deltas",))
def tool_deltas_after_an_empty_object(incoming: Incoming, respond: Respond) -> Answer:
    """Streams an empty object before the arguments of a call."""

    def bend(part: dict[str, Any]) -> None:
        part["function"]["arguments"] = part["function"]["arguments"] or "{}"

    return each_part(incoming, respond, bend)


@breaks("tools.arguments-once", apis=OPENAI_LIKE, bugs=("tc-args-snapshot-deltas",))
def tool_deltas_with_snapshots(incoming: Incoming, respond: Respond) -> Answer:
    """Streams in each delta all of the arguments so far."""
    so_far: dict[int, str] = {}

    def bend(part: dict[str, Any]) -> None:
        so_far[part["index"]] = so_far.get(part["index"], "") + part["function"]["arguments"]
        part["function"]["arguments"] = so_far[part["index"]]

    return each_part(incoming, respond, bend)


@breaks("tools.arguments-once", apis=OPENAI_LIKE, bugs=("tc-args-double-encoded",))
def tool_deltas_encoded_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Encodes the arguments of a streamed call twice."""
    return spliced(incoming, respond, lambda frames: _with_whole_arguments(frames, json.dumps))


@breaks("tools.arguments-said", apis=OPENAI_LIKE, bugs=("tc-args-empty-null",))
def tool_deltas_without_arguments(incoming: Incoming, respond: Respond) -> Answer:
    """Streams nothing for the arguments of a call that has none."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return _with_whole_arguments(frames, lambda text: "" if text == "{}" else text)

    return spliced(incoming, respond, splice)


def _with_whole_arguments(frames: list[Frame], write: Any) -> list[Frame]:  # noqa: ANN401 - a function
    """Return frames in which each call has its arguments in one delta, after the first, written otherwise."""
    found: list[Frame] = []
    texts: dict[int, str] = {}
    for frame in frames:
        choices = frame.data["choices"] if isinstance(frame.data, dict) else []
        part = choices[0]["delta"].get("tool_calls", [None])[0] if choices else None
        if part is None or "id" in part:
            found += [_filled(found, index, write(text)) for index, text in texts.items()]
            texts = {}
            found.append(frame)
        if part is not None:
            texts[part["index"]] = texts.get(part["index"], "") + part["function"]["arguments"]
    return found


def _filled(frames: list[Frame], index: int, arguments: object) -> Frame:
    frame = copy_of(frames[-1])
    part = {"index": index, "function": {"arguments": arguments}}
    frame.data["choices"][0]["delta"] = {"tool_calls": [part]}
    return frame


@breaks("tools.arguments-valid", apis=OPENAI_LIKE, bugs=("tc-stream-nonstream-differ",))
def tool_deltas_without_the_end(incoming: Incoming, respond: Respond) -> Answer:
    """Loses the bracket that closes the arguments of a streamed call."""

    def bend(part: dict[str, Any]) -> None:
        part["function"]["arguments"] = part["function"]["arguments"].removesuffix("}")

    return each_part(incoming, respond, bend)


@breaks("tools.stream-equals-whole", apis=OPENAI_LIKE, bugs=("tc-stream-nonstream-differ",))
def tool_deltas_of_other_arguments(incoming: Incoming, respond: Respond) -> Answer:
    """Loses the arguments of streamed calls, and says that there are none."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return _with_whole_arguments(frames, lambda _text: "{}")

    return spliced(incoming, respond, splice)


@breaks("tools.choice-named", apis=OPENAI_LIKE, bugs=("tc-stream-nonstream-differ",))
def tool_deltas_lost(incoming: Incoming, respond: Respond) -> Answer:
    """Streams an answer with forced calls as an empty one."""
    answer = respond(incoming)
    for chunk in chunks_of(answer, incoming) if isinstance(_forced(incoming), dict) else ():
        for choice in chunk["choices"]:
            choice["delta"].pop("tool_calls", None)
            choice["finish_reason"] = choice["finish_reason"] and "stop"
    return answer


def _forced(incoming: Incoming) -> object:
    return incoming.json.get("tool_choice") if isinstance(incoming.json, dict) else None


@breaks("tools.finish", apis=OPENAI_LIKE, bugs=("tc-finish-stop",))
def tool_deltas_stopping(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream with tool calls as one with words."""

    def bend(choice: dict[str, Any]) -> None:
        choice["finish_reason"] = {"tool_calls": "stop"}.get(choice["finish_reason"], choice["finish_reason"])

    return each_choice(incoming, respond, bend)
