"""Reads the tool calls of chat answers, streamed or whole."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.exchange import jsontext
from conformance.judges.outcome import NotApplicable, Unjudged
from conformance.judges.reading import once
from conformance.judges.streams import chunks
from conformance.judges.values import MISSING, at, each, integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Requirement
    from conformance.exchange.eventstream import Event
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

UNOFFERED = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses that say that a target does not do what a request asks."""
_NUMBER = re.compile("[0-9]{1,9}")
_SPACE = re.compile(r"\s*")
_UNCALLED = "no answer calls a tool"


@dataclass(frozen=True)
class Part:
    """What one answer or one delta says of a call: the choice's index, the place in words, the value."""

    choice: int
    where: str
    value: dict[str, Any]

    @property
    def index(self) -> int | None:
        """The number of the call, also where a text says it; None where there is none."""
        said = self.value.get("index")
        return int(said) if isinstance(said, str) and _NUMBER.fullmatch(said) else integer(said)

    @property
    def function(self) -> dict[str, Any]:
        """The object `function`, empty where there is none."""
        said = self.value.get("function")
        return said if isinstance(said, dict) else {}


@dataclass
class Call:
    """A call of a tool: its parts in order, one where the answer is whole."""

    parts: list[Part]
    streamed: bool

    @property
    def choice(self) -> int:
        """The index of the choice that it is of."""
        return self.parts[0].choice

    @property
    def where(self) -> str:
        """The place of its first part."""
        return self.parts[0].where

    @property
    def ids(self) -> list[Any]:
        """The ids that its parts say; none that is null or empty."""
        said = (part.value.get("id") for part in self.parts)
        return [name for name in said if name not in (None, "")]

    @property
    def names(self) -> list[str]:
        """The names of functions that its parts say; none that is empty."""
        return [name for part in self.parts if isinstance(name := part.function.get("name"), str) and name]

    def name(self, known: frozenset[str]) -> str:
        """Return the name of the function: the parts' names joined where that is a known one, else the first."""
        joined = "".join(self.names)
        return joined if joined in known or not self.names else self.names[0]

    @property
    def fragments(self) -> list[Any]:
        """The values of `arguments` that its parts say."""
        return [part.function["arguments"] for part in self.parts if "arguments" in part.function]

    @property
    def arguments(self) -> str | None:
        """The arguments as text; None where a fragment is of another type, or there is none."""
        said = [fragment for fragment in self.fragments if fragment is not None]
        return "".join(said) if said and all(isinstance(fragment, str) for fragment in said) else None

    @property
    def parsed(self) -> dict[str, Any] | None:
        """The arguments as an object, or None."""
        text = jsontext.parse(self.arguments or "")
        return text.value if text.ok and isinstance(text.value, dict) else None


@once
def calls(reading: Reading) -> list[Call]:
    """Return the calls of an answer, in the order in which they begin."""
    if reading.is_stream:
        return _assembled([part for event, chunk in chunks(reading) for part in _parts(chunk, "delta", event)])
    return [Call([part], streamed=False) for part in _parts(reading.answer, "message")]


@once
def lists(reading: Reading) -> list[tuple[str, Any]]:
    """Return every value of `tool_calls` in the messages or deltas of an answer, with its place."""
    if not reading.is_stream:
        return each(reading.answer, "/choices/*/message/tool_calls")
    return [
        (f"event {event.number} {way}", said)
        for event, chunk in chunks(reading)
        for way, said in each(chunk, "/choices/*/delta/tool_calls")
    ]


def _parts(answer: object, holder: str, event: Event | None = None) -> Iterator[Part]:
    for way, choice in each(answer, "/choices/*"):
        said = at(choice, f"/{holder}/tool_calls")
        entries = [said] if isinstance(said, dict) else said if isinstance(said, list) else []
        for number, entry in enumerate(entries):
            where = f"{way}/{holder}/tool_calls" + (f"/{number}" if entries is said else "")
            if isinstance(entry, dict):
                index = integer(at(choice, "/index")) or 0
                yield Part(index, f"event {event.number} {where}" if event else where, entry)


def _assembled(parts: list[Part]) -> list[Call]:
    found: list[Call] = []
    for part in parts:
        of_choice = [call for call in found if call.choice == part.choice]
        same = [call for call in of_choice if part.index is None or call.parts[0].index == part.index]
        if same and not _begins(part, same[-1]):
            same[-1].parts.append(part)
        else:
            found.append(Call([part], streamed=True))
    return found


def _begins(part: Part, call: Call) -> bool:
    """Tell whether a part begins another call, although it has the call's index or none."""
    name = part.value.get("id")
    another = bool(name) and name not in call.ids
    complete = call.parsed is not None
    return bool(part.function.get("name")) and another and (complete or part.index is None)


def finish(reading: Reading, choice: int) -> Any:  # noqa: ANN401 - any JSON value
    """Return the finish_reason of a choice, or MISSING."""
    answers = [chunk for _, chunk in chunks(reading)] if reading.is_stream else [reading.answer]
    said = [
        entry.get("finish_reason")
        for answer in answers
        for _, entry in each(answer, "/choices/*")
        if isinstance(entry, dict) and (integer(entry.get("index")) or 0) == choice
    ]
    return next((reason for reason in said if reason), MISSING)


def ended(reading: Reading, choice: int) -> bool:
    """Tell whether a choice came to an end of its own: it has a finish_reason that is not `length`."""
    reason = finish(reading, choice)
    return isinstance(reason, str) and reason != "length"


def tool_names(reading: Reading) -> frozenset[str]:
    """Return the names of the functions that a request offers."""
    return frozenset(name for _, name in each(reading.word("tools"), "/*/function/name") if isinstance(name, str))


def asks_tools(reading: Reading) -> bool:
    """Tell whether a request offers tools."""
    said = reading.word("tools")
    return isinstance(said, list) and bool(said)


def is_forced(reading: Reading) -> bool:
    """Tell whether a request forces or forbids calls."""
    return reading.word("tool_choice") not in (MISSING, None, "auto")


def is_cut(reading: Reading, call: Call) -> bool:
    """Tell whether the cap on output tokens cut the arguments of a call, whatever its answer says."""
    caps = [cap for name in ("max_tokens", "max_completion_tokens") if (cap := integer(reading.word(name)))]
    used = integer(at(reading.answer, "/usage/completion_tokens"))
    spent = bool(caps) and used is not None and used >= min(caps)
    return spent and call.arguments is not None and not jsontext.parse(call.arguments).ok


def takes_tools(row: Requirement, evidence: Evidence) -> bool:
    """Tell whether any request that offers tools was answered with success."""
    return any(asks_tools(reading) and reading.succeeded for reading in evidence.of(row))


def not_offered(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Say that the target has no tools where it refuses every request with them."""
    refused = [r.status for r in evidence.of(row) if asks_tools(r) and r.status in UNOFFERED and not r.about_model]
    if refused and not takes_tools(row, evidence):
        yield NotApplicable(f"the target does not offer tools: status {refused[0]}")


def calling(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, list[Call]]]:
    """Yield the successful answers that call tools, with their calls."""
    for reading in evidence.of(row):
        if reading.succeeded and (found := calls(reading)):
            yield reading, found


def uncalled(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Say why no call was judged: the target has no tools, or called none."""
    yield from not_offered(row, evidence)
    demanded = [reading for reading in evidence.of(row) if _demands(reading) and not reading.limited]
    if demanded and not any(calls(reading) for reading in evidence.of(row) if reading.succeeded):
        yield NotApplicable("the target calls no tool, not even where one is demanded")
    yield Unjudged(_UNCALLED)


def _demands(reading: Reading) -> bool:
    choice = reading.word("tool_choice")
    return asks_tools(reading) and (choice == "required" or isinstance(choice, dict))


def each_call(row: Requirement, evidence: Evidence, seen: Callable[[Reading, Call], Outcome]) -> Iterator[Outcome]:
    """Yield what `seen` says of each call of each answer, or why there is none."""
    yield from uncalled(row, evidence)
    for reading, found in calling(row, evidence):
        yield from (seen(reading, call) for call in found)


def values(text: str) -> list[Any]:
    """Return the JSON values that a text is made of, one after the other; empty where something else is between."""
    found: list[Any] = []
    decoder, text, end = json.JSONDecoder(), text.rstrip(), 0
    while end < len(text):
        try:
            value, end = decoder.raw_decode(text, _SPACE.match(text, end).end())  # type: ignore[union-attr]
        except (ValueError, RecursionError):
            return []
        found.append(value)
    return found
