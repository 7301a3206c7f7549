"""Judges a stream beside another answer of the same target: as much white space, as many pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chat_streamed, choices_asked, deltas, has_end
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_ENOUGH_TEXT = 40
"""Characters of an answer that no target makes in one step."""
_ENOUGH_PIECES = 3
_REFUSALS = frozenset({400, 404, 405, 415, 422, 501})


@judge
def stream_whitespace(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Where a stream and the unstreamed answer to the same request have the same words, they have the same white space.

    White space at either end counts for nothing: an unstreamed answer may be stripped.
    """
    wholes = [(sent, text) for reading in evidence.of(row) if (sent := _asked(reading)) and (text := _whole(reading))]
    for reading in chat_streamed(row, evidence):
        asked, said = _asked(reading), _joined(reading)
        like = next((text for sent, text in wholes if sent == asked and text.split() != [] and _same(text, said)), "")
        if not like or not has_end(reading):
            yield Unjudged("no unstreamed answer to the same request says the same")
        elif like.strip() == said.strip():
            yield Kept(reading.exchange.id)
        else:
            message = "the stream has other white space than the unstreamed answer"
            yield reading.finding(message, shown(like.strip()), shown(said.strip()), "deltas")


def _same(text: str, other: str) -> bool:
    """Tell whether two texts are the same but for white space."""
    return "".join(text.split()) == "".join(other.split())


def _asked(reading: Reading) -> dict[str, Any]:
    """Return what a request asks for, apart from how it is to be sent; nothing where several answers are asked for."""
    sent = reading.sent
    if not isinstance(sent, dict) or choices_asked(reading) > 1 or reading.operation is None:
        return {}
    how = {reading.operation.request.get(word, "").removeprefix("/") for word in ("stream", "stream_options")}
    return {name: value for name, value in sent.items() if name not in how}


def _whole(reading: Reading) -> str:
    if reading.asks_stream or not reading.succeeded or not reading.whole:
        return ""
    text = at(reading.answer, "/choices/0/message/content")
    return text if isinstance(text, str) else ""


def _joined(reading: Reading) -> str:
    texts = (delta.fields.get("content") for delta in deltas(reading) if delta.index == 0)
    return "".join(text for text in texts if isinstance(text, str))


@judge
def stream_with_tools(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An answer in text to a request with tools comes in several deltas, where one without tools does."""
    plain = max((_pieces(r) for r in chat_streamed(row, evidence) if r.word("tools") is MISSING), default=0)
    for reading in evidence.of(row):
        if not reading.asks_stream or reading.credential != "valid" or not reading.word("tools"):
            continue
        if reading.status in _REFUSALS and not reading.about_model:
            yield NotApplicable(f"the target does not offer tools in a stream: status {reading.status}")
        elif reading.is_stream and plain >= _ENOUGH_PIECES:
            yield _in_pieces(reading)
        else:
            yield Unjudged(f"not judged: status {reading.status}, or no stream without tools to compare with")


def _in_pieces(reading: Reading) -> Kept | Unjudged | Finding:
    called = any(delta.fields.get(name) for delta in deltas(reading) for name in ("tool_calls", "function_call"))
    text, pieces = _joined(reading), _pieces(reading)
    if pieces >= _ENOUGH_PIECES:
        return Kept(reading.exchange.id)
    if called or len(text) < _ENOUGH_TEXT or not has_end(reading):
        return Unjudged("the model answered with a call, or too short")
    message = "where tools are offered, an answer in text comes all at once"
    return reading.finding(message, f"at least {_ENOUGH_PIECES} deltas with text", f"{pieces}: {shown(text)}", "deltas")


def _pieces(reading: Reading) -> int:
    return sum(bool(delta.fields.get("content")) for delta in deltas(reading) if delta.index == 0)
