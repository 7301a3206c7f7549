"""Legal variations that look like a fault from afar: texts that tell of marks, notes, refusals of what is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.chat import sent
from conformance.reference.deviations.registry import OPENAI, breaks
from conformance.reference.deviations.semantics import worded
from conformance.reference.deviations.streambending import spliced
from conformance.reference.deviations.tolerance import refused_where, turns

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_MARKED = "Write <think> first, end with `</think>`, and put </s> after it all: "


@breaks(apis=OPENAI)
def legal_text_about_marks(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: tells of tags of reasoning and of control tokens in the middle of an answer."""
    more = {"response_format", "tools", "stop", "max_completion_tokens"} & sent(incoming).keys()
    return respond(incoming) if more else worded(incoming, respond, lambda said: f"{_MARKED}{said}.")


@breaks(apis=OPENAI)
def legal_words_of_other_requests(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: uses in an answer of many words the one that another request asks for."""
    last = turns(incoming)[-1].get("content") if turns(incoming) else ""
    rambling = isinstance(last, str) and last.endswith(": raven")
    return worded(incoming, respond, lambda _said: "The parsnip saw a raven.") if rambling else respond(incoming)


@breaks(apis=OPENAI)
def legal_notes_in_streams(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends a field of its own between events, which clients ignore."""
    note = Frame(raw=b"x-note: 1\n\n")
    return spliced(incoming, respond, lambda frames: [*frames[:2], note, *frames[2:]])


@breaks(apis=OPENAI)
def legal_parallel_off_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses to keep a model from several calls at once, and takes the default."""
    off = sent(incoming).get("parallel_tool_calls") is False
    return refused_where(incoming, respond, "parallel tool calls cannot be turned off", where=off)
