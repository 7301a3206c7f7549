"""Judges of streams: what they let pass, and where they put the blame."""

from __future__ import annotations

import json

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

URL = "http://target/api/gateway/rep/serving/43/v1/chat/completions"
DONE = b"data: [DONE]\n\n"


def asked(**words):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **words}
    headers = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
    return Request("POST", URL, headers, json.dumps(body).encode())


def chunk(delta, finish=None, **fields):
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish, "stop_reason": None}
    head = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": [choice], **fields}


TEXT = [
    chunk({"role": "assistant", "content": ""}),
    *(chunk({"content": f"w{i} "}) for i in range(12)),
    chunk({}, "stop"),
]


def event(value, write=b"data: %s\n\n"):
    return write % json.dumps(value, ensure_ascii=False).encode()


def stream(*events, name="1", step=0.02, prefill=0.0, ending=Ending.COMPLETE, kind="text/event-stream", timed=True):
    pieces = tuple(Piece(prefill + i * step, data) for i, data in enumerate(events, 1))
    response = Response(200, headers=(("Content-Type", kind), ("Cache-Control", "no-cache")), pieces=pieces)
    took = prefill + step * (len(events) + 1)
    return Exchange(name, asked(stream=True), response, ending, "", 0.0, took, timed)


def whole(content="ok"):
    body = {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}
    response = Response(
        200, headers=(("Content-Type", "application/json"),), pieces=(Piece(0, json.dumps(body).encode()),)
    )
    return Exchange("whole", asked(), response)


def verdicts(*exchanges):
    results = judge_all(load_api("genos"), [*exchanges, whole()], base_url=URL.removesuffix("/v1/chat/completions"))
    return {r.requirement.id: r.verdict for r in results if r.requirement.id.startswith("stream.")}


def broken(*exchanges):
    bad = {Verdict.FAIL, Verdict.WARN, Verdict.ERROR}
    return {name for name, verdict in verdicts(*exchanges).items() if verdict in bad}


def good(*, write=b"data: %s\n\n", done=DONE):
    return [*(event(each, write) for each in TEXT), done]


@pytest.mark.parametrize(
    "legal",
    [
        stream(*good()),
        stream(*good(write=b"data: %s\r\n\r\n", done=b"data: [DONE]\r\n\r\n")),
        stream(*(bytes([b]) for b in b"".join(good())), step=0.0005),
        stream(*good(), kind="Text/Event-Stream; Charset=UTF-8"),
        stream(*good(), prefill=0.25, step=0.002),
        stream(*good(), timed=False),
        stream(*good()[:4], ending=Ending.ABANDONED),
        stream(*good()[:4], ending=Ending.TIMED_OUT),
        stream(*good(), b"\n\n"),
    ],
    ids=["plain", "crlf", "byte-by-byte", "charset", "fast", "untimed", "abandoned", "timed-out", "blank-lines"],
)
def test_legal_streams_break_nothing(legal):
    """A stream that the documents allow breaks no promise."""
    assert broken(legal) == set()


@pytest.mark.parametrize(
    ("fault", "blamed"),
    [
        (stream(*good()[:-1]), {"stream.done"}),
        (stream(*good(), DONE), {"stream.done"}),
        (stream(*good()[:-1], b"data: [done]\n\n"), {"stream.done"}),
        (stream(*good(), event(TEXT[0])), {"stream.done", "stream.framing"}),
        (stream(*good()[:-1], b"data: [DONE]\n"), {"stream.framing"}),
        (stream(*good(write=b"data: %s\n")), {"stream.framing"}),
        (stream(*good()[:5], b"data: {\n\n", *good()[5:]), {"stream.framing"}),
        (stream(*good()[:5], ending=Ending.CUT_SHORT), {"stream.done", "stream.framing"}),
        (stream(*good(write=b"data:%s\n\n")), {"stream.strict-lines", "stream.client-loop"}),
        (stream(*good(write=b"data: %s\r\r", done=b"data: [DONE]\r\r")), {"stream.strict-lines"}),
        (stream(b": hello\n\n", *good()), {"stream.client-loop"}),
        (stream(*good()[:-1], event(chunk({}, choices=[])), DONE), {"stream.client-loop"}),
        (stream(*good(), kind="text/plain"), {"stream.content-type"}),
        (stream(*good()[:-2], DONE), {"stream.finish-last"}),
        (stream(*good()[:-2], event(chunk({"content": "\ufffdx"})), *good()[-2:]), {"stream.utf8-boundaries"}),
        (
            stream(*good()[:-2], b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n', *good()[-2:]),
            {"stream.utf8-boundaries", "stream.chunk-shape", "stream.same-id"},
        ),
    ],
)
def test_a_fault_is_put_down_to_its_promise(fault, blamed):
    """A fault of a stream breaks the promises that name it, and no other."""
    assert broken(fault) == blamed


@pytest.mark.parametrize(("prefill", "names", "blamed"), [(1.0, "ab", True), (1.0, "a", False), (0.1, "ab", False)])
def test_streams_that_come_in_a_lump_late_are_not_incremental(prefill, names, blamed):
    """Two long streams that arrive at once after a second are buffered; one, or quick ones, tell nothing."""
    found = broken(*(stream(b"".join(good()), prefill=prefill, name=name) for name in names))

    assert ("stream.incremental" in found) is blamed


def test_character_cut_by_the_token_cap_is_no_fault():
    """A replacement character at the very end of an answer that the cap cut is the model's, not the stream's."""
    capped = [*good()[:-2], event(chunk({"content": "\ufffd"})), event(chunk({}, "length")), DONE]

    assert broken(stream(*capped)) == set()


def test_two_streams_of_one_id_are_told_apart_from_one():
    """Two streams with one id break `stream.same-id`."""
    assert broken(stream(*good(), name="1"), stream(*good(), name="2")) == {"stream.same-id"}


def test_whole_answer_to_a_stream_request_breaks_the_offer_only():
    """JSON instead of a stream breaks `stream.offered`; everything about streams is then not applicable."""
    answer = whole()
    found = verdicts(Exchange("json", asked(stream=True), answer.response))

    assert {name for name, verdict in found.items() if verdict is Verdict.FAIL} == {"stream.offered"}
    assert found["stream.framing"] is Verdict.NOT_APPLICABLE


def test_server_that_dies_after_a_client_left_is_noticed():
    """A plain request that gets no answer after an abandoned stream breaks `stream.disconnect`."""
    left = stream(*good()[:3], ending=Ending.ABANDONED)
    after = Exchange("after", asked(), None, Ending.RESET, "reset", left.started + left.seconds + 1)

    assert broken(left, after) == {"stream.disconnect"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"data: \n\n",
        b"data: 1\n\n",
        b'data: {"choices": 7}\n\n',
        b"data: null\n\n",
        b'data: {"choices": [null, {"delta": 1}, {"delta": {"content": []}, "index": "x"}]}\n\n',
    ],
)
def test_nothing_a_target_streams_makes_a_judge_fail(body):
    """Whatever comes as a stream, no judge raises."""
    assert Verdict.ERROR not in verdicts(stream(body)).values()
