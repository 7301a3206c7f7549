"""Answers on the wire: written as they are, cut where they must be, ended when nobody reads them."""

from __future__ import annotations

import threading

import httpx
import pytest

from conformance.reference.answer import Answer, Frame
from conformance.reference.app import Application, Mount
from conformance.reference.dialects import genos as genos_dialect
from conformance.reference.server import ReferenceServer, base_path


def answered(answer: Answer) -> ReferenceServer:
    """Return a server that always gives this answer at GenOS' base path."""
    server = ReferenceServer()
    server._server.config.app = Application((Mount("genos", genos_dialect.ROUTES, lambda _incoming: answer),))
    return server


@pytest.mark.parametrize(
    ("answer", "head", "end"),
    [
        (Answer(body={"a": "é"}), b"content-type: application/json", '\r\n\r\n{"a":"é"}'.encode()),
        (Answer(body=b"\xff\x00"), b"content-length: 2", b"\r\n\r\n\xff\x00"),
        (Answer(status=204), b"204", b"\r\n\r\n"),
        (Answer(body=[], headers={"Content-Type": "text/plain"}), b"Content-Type: text/plain", b"[]"),
        (
            Answer(frames=[Frame("[DONE]"), Frame(raw=b"x\r\r")]),
            b"content-type: text/event-stream",
            b"\r\n3\r\nx\r\r\r\n0\r\n\r\n",
        ),
        (Answer(frames=[Frame({"a": "\ud800"})]), b"chunked", b'{"a":"\\ud800"}\n\n\r\n0\r\n\r\n'),
    ],
    ids=["json", "bytes", "empty", "own-type", "frames", "surrogate"],
)
def test_an_answer_is_written_as_it_is(raw, answer, head, end):
    """Bodies, frames and headers go out byte for byte; an answer's own headers win."""
    with answered(answer) as one:
        received = raw(
            one.port, f"GET {base_path('genos')}/v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )

    assert head.lower() in received.partition(b"\r\n\r\n")[0].lower()
    assert received.endswith(end)
    assert received.lower().count(b"content-type:") == (0 if answer.status == 204 else 1)


def test_an_empty_content_type_means_none():
    """A deviation can leave the content type out."""
    with answered(Answer(body={}, headers={"content-type": ""})) as one:
        response = httpx.get(one.url("genos") + "/v1/models")

    assert "content-type" not in response.headers
    assert response.json() == {}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body={"text": "0123456789"}, cut=5),
        Answer(frames=[Frame({"n": n}) for n in range(9)], cut=30),
        Answer(body={}, cut=0),
    ],
    ids=["body", "stream", "at-once"],
)
def test_a_cut_answer_is_incomplete(raw, answer):
    """A cut answer sends so many bytes and closes, so that the client knows it is incomplete; nothing is logged."""
    with answered(answer) as one:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(one.url("genos") + "/v1/models")
        received = raw(one.port, f"GET {base_path('genos')}/v1/models HTTP/1.0\r\n\r\n".encode())

    assert len(received.partition(b"\r\n\r\n")[2]) == answer.cut


def test_a_client_that_leaves_stops_its_stream():
    """A client may go away mid-stream; the generation ends, and the next request is answered."""
    ended = threading.Event()

    class Tape(list):
        """Frames that tell when nobody reads them any more."""

        def __iter__(self):
            try:
                yield from super().__iter__()
            finally:
                ended.set()

    with answered(Answer(frames=Tape(Frame({"n": n}, 0.001) for n in range(50_000)))) as one:
        with httpx.stream("GET", one.url("genos") + "/v1/models") as response:
            next(response.iter_raw())
        assert ended.wait(10)
        with httpx.stream("GET", one.url("genos") + "/v1/models") as response:
            assert response.status_code == 200
