"""Deviations of the bytes of HTTP/1.1 itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.wire.plan import Wire

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_DRIP = 64
"""Bytes of a write that drips."""


def _wired(incoming: Incoming, respond: Respond, wire: Wire, *, streamed: bool) -> Answer:
    """Answer a chat request with a wire plan: the streamed answers, or the whole ones."""
    answer = respond(incoming)
    fits = (answer.frames is not None) is streamed
    if incoming.operation == "createChatCompletion" and answer.status == 200 and fits:
        answer.wire = wire
    return answer


@breaks("http.whole", "robustness.answered", apis=OPENAI_LIKE, bugs=("http-stale-content-length",), raw=True)
def wire_length_too_large(incoming: Incoming, respond: Respond) -> Answer:
    """Declares ten bytes more than the body of a chat answer has, then closes the connection."""
    return _wired(incoming, respond, Wire(length_off=10), streamed=False)


@breaks("http.nothing-after", apis=OPENAI_LIKE, bugs=("http-stale-content-length",), raw=True)
def wire_length_too_small(incoming: Incoming, respond: Respond) -> Answer:
    """Writes more bytes of a whole chat answer than its Content-Length says."""
    return _wired(incoming, respond, Wire(surplus=b'"}]}'), streamed=False)


@breaks("http.nothing-after", apis=OPENAI_LIKE, raw=True)
def wire_bytes_after_last_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Writes more bytes after the last chunk of a stream."""
    return _wired(incoming, respond, Wire(surplus=b"data: late\n\n"), streamed=True)


@breaks("http.whole", apis=OPENAI_LIKE, bugs=("http-truncated-chunked",), raw=True)
def wire_last_chunk_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Closes the connection after `[DONE]` without the last chunk."""
    return _wired(incoming, respond, Wire(last_chunk="missing"), streamed=True)


@breaks("http.stream-ends", apis=OPENAI_LIKE, bugs=("sse-open-after-done",), raw=True)
def wire_open_after_done(incoming: Incoming, respond: Respond) -> Answer:
    """Never ends the message of a stream after its `[DONE]`."""
    return _wired(incoming, respond, Wire(last_chunk="held"), streamed=True)


@breaks("http.whole", "robustness.answered", apis=OPENAI_LIKE, bugs=("http-truncated-chunked",), raw=True)
def wire_whole_answer_reset(incoming: Incoming, respond: Respond) -> Answer:
    """Resets the connection in the middle of a whole chat answer."""
    return _wired(incoming, respond, Wire(reset_after=40), streamed=False)


@breaks("stream.done", "stream.framing", apis=OPENAI_LIKE, bugs=("sse-truncated",), raw=True)
def wire_stream_reset(incoming: Incoming, respond: Respond) -> Answer:
    """Resets the connection in the middle of a stream."""
    return _wired(incoming, respond, Wire(reset_after=700), streamed=True)


@breaks("http.well-formed", "robustness.answered", apis=OPENAI_LIKE, raw=True)
def wire_chunk_size_invalid(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a chunk size of a stream in letters that are no hexadecimal digits."""
    return _wired(incoming, respond, Wire(chunk_line=b"size=12"), streamed=True)


@breaks("http.well-formed", apis=OPENAI_LIKE, raw=True)
def wire_folded_header(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a header field over two lines."""
    return _wired(incoming, respond, Wire(lines=(b"x-served-by: edge-1,\r\n edge-2",)), streamed=False)


@breaks("http.well-formed", apis=OPENAI_LIKE, raw=True)
def wire_control_character_in_header(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a control character into a header value."""
    return _wired(incoming, respond, Wire(lines=(b"x-served-by: edge\x01",)), streamed=False)


@breaks("http.well-formed", "robustness.answered", apis=OPENAI_LIKE, raw=True)
def wire_status_line_malformed(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the version out of the status line of refused chat requests."""
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.status == 404 and "expect" not in incoming.headers:
        answer.wire = Wire(status_line=b"404 Not Found")
    return answer


@breaks("http.stays-open", apis=OPENAI_LIKE, bugs=("http-keepalive-reset",), raw=True)
def wire_closed_without_notice(incoming: Incoming, respond: Respond) -> Answer:
    """Closes the connection after each stream without saying so."""
    return _wired(incoming, respond, Wire(close_after=True), streamed=True)


@breaks(
    "http.upgrade-ignored",
    "robustness.answered",
    apis=("cloud-temple", "genos", "openai"),
    bugs=("http-h2c-upgrade",),
    raw=True,
)
def wire_h2c_offer_hangs(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves a request that offers h2c unanswered for three seconds, then closes the connection."""
    answer = respond(incoming)
    if "h2c" in incoming.headers.get("upgrade", ""):
        answer.wire = Wire(silent=3.0)
    return answer


@breaks("http.expect-continue", "robustness.answered", apis=OPENAI_LIKE, bugs=("http-expect-continue",), raw=True)
def wire_expectation_dropped(incoming: Incoming, respond: Respond) -> Answer:
    """Closes the connection on a request that expects 100-continue."""
    answer = respond(incoming)
    if "expect" in incoming.headers:
        answer.wire = Wire(silent=0.0)
    return answer


@breaks(apis=OPENAI_LIKE, raw=True)
def legal_torn_chunks(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: cuts every body into chunks of seven bytes, through lines and characters."""
    answer = respond(incoming)
    answer.wire = Wire(chunk=7)
    return answer


@breaks(apis=OPENAI_LIKE, raw=True)
def legal_one_byte_chunks(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends each byte of a whole chat answer in a chunk of its own."""
    return _wired(incoming, respond, Wire(chunk=1), streamed=False)


@breaks(apis=OPENAI_LIKE, raw=True)
def legal_slow_drip(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: lets whole answers drip, a few bytes at a time."""
    answer = respond(incoming)
    if answer.frames is None:
        answer.wire = Wire(grain=_DRIP, pause=0.002)
    return answer


@breaks(apis=OPENAI_LIKE, raw=True)
def legal_interim_responses(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends 100 and 103 before each answer."""
    answer = respond(incoming)
    answer.wire = Wire(
        interim=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>; rel=preload\r\n\r\n"
    )
    return answer


@breaks(apis=OPENAI_LIKE, raw=True)
def legal_announced_close(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: closes the connection after each answer, which says so."""
    answer = respond(incoming)
    answer.wire = Wire(announce_close=True)
    return answer


@breaks(apis=OPENAI_LIKE, raw=True)
def legal_line_end_after_body(incoming: Incoming, respond: Respond) -> Answer:
    """Legal enough: writes an empty line after each whole answer, as old servers do."""
    answer = respond(incoming)
    if answer.frames is None and answer.status != 204:
        answer.wire = Wire(surplus=b"\r\n")
    return answer
