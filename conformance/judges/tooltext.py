"""Judges the text that stands beside tool calls, or in their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.exchange import jsontext
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import deltas
from conformance.judges.toolcalls import asks_tools, calls, ended, is_forced, not_offered, uncalled
from conformance.judges.values import each, shown, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_MARKUP = re.compile(r"<\|?tool_calls?\b|\[TOOL_CALLS\]|<function=|<\|python_tag\|>|<\|tool▁call", re.IGNORECASE)
"""How models mark their calls before a server reads them."""
_READ = 4000
"""Characters of a text in which a call is looked for."""
_CODE = re.compile(r"\b[0-9][A-Z0-9]{5,}\b")
"""A word that no model says of its own accord: the probes let a tool answer with one."""


@judge
def tool_markup_absent(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the text of an answer to a request with tools has no marks of a call that was not read."""
    yield from not_offered(row, evidence)
    for reading in evidence.of(row):
        if not asks_tools(reading) or not reading.succeeded or _MARKUP.search(_sent(reading)):
            continue
        text = _text(reading)
        if found := _MARKUP.search(text):
            actual = shown(text[max(0, found.start() - 20) :])
            yield reading.finding("a tool call stands in the text", "the call in tool_calls", actual, "content")
        elif text or calls(reading):
            yield Kept(reading.exchange.id)


@judge
def tool_call_not_told(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that what an answer calls does not stand in its text as well."""
    yield from uncalled(row, evidence)
    for reading in evidence.of(row):
        found = calls(reading) if reading.succeeded else []
        text = _text(reading) if found else ""
        if _MARKUP.search(text):
            yield Unjudged("the text has marks of a call")
        elif told := next((call for call in found if call.parsed and _tells(text, call.parsed)), None):
            message = "a tool call stands in the text as well"
            yield reading.finding(message, "the call in tool_calls only", shown(text), told.where)
        elif found:
            yield Kept(reading.exchange.id)


@judge
def tool_result_read(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer draws on what a tool told: it repeats the code that it was asked for."""
    yield from not_offered(row, evidence)
    for reading in evidence.of(row):
        codes = [code for text in _results(reading) for code in _CODE.findall(text)]
        if not codes or not reading.succeeded or is_forced(reading):
            continue
        text = _text(reading)
        if not text or calls(reading) or not ended(reading, 0):
            yield Unjudged("no text answers what a tool told")
        elif codes[-1] in text:
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding("the answer does not know what the tool told", codes[-1], shown(text), "content")


def _results(reading: Reading) -> list[str]:
    """Return the texts of the last message, where that is what a tool told."""
    sent = reading.word("messages")
    last = sent[-1] if isinstance(sent, list) and sent else None
    if not isinstance(last, dict) or last.get("role") != "tool":
        return []
    said = last.get("content")
    return [said] if isinstance(said, str) else strings(said, "/*/text")


def _tells(text: str, arguments: dict[str, Any]) -> bool:
    """Tell whether a text has a JSON object that is, or holds, these arguments."""
    text = text[:_READ]
    for start in [found.start() for found in re.finditer(r"\{", text)][:20]:
        for end in [found.end() for found in re.finditer(r"\}", text[start:])][:20]:
            value = jsontext.parse(text[start : start + end]).value
            if value == arguments or (isinstance(value, dict) and arguments in value.values()):
                return True
    return False


def _text(reading: Reading) -> str:
    if reading.is_stream:
        said = [delta.fields.get("content") for delta in deltas(reading)]
    else:
        said = [text for _, text in each(reading.answer, "/choices/*/message/content")]
    return "".join(text for text in said if isinstance(text, str))


def _sent(reading: Reading) -> str:
    return reading.exchange.request.body.decode(errors="replace")
