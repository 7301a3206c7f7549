"""A request is answered by the recording that asks for the same."""

from __future__ import annotations

import json

import pytest

from conformance.exchange.model import Ending, Exchange, Piece, Request, Response, Unseen
from conformance.reference.playback.asked import asked, recorded
from conformance.reference.playback.comparing import differences, is_equal
from conformance.reference.playback.shelf import Recording, Shelf, Unmatched

JSON = (("Content-Type", "application/json"),)


def request(body=b"", *, method="POST", url="http://h/v1/chat", headers=JSON):
    return Request(method, url, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def shelf_of(*requests, **more):
    found = [Exchange(f"e.{n}", each, Response(200), **more) for n, each in enumerate(requests, start=1)]
    return Shelf(Recording(recorded(each), each, "f.har") for each in found)


def taken(shelf, wanted):
    found = shelf.take(asked(wanted))
    return found.message if isinstance(found, Unmatched) else found.exchange.id


@pytest.mark.parametrize(
    ("sent", "there"),
    [
        (request(url="http://h/v1/chat?a=1&b=2"), request(url="https://other:9/v1/chat?b=2&a=1")),
        (request(b'{"a": 1, "b": [1.0]}'), request(b'{"b":[1],"a":1}')),
        (request({"a": 1, "user": "x", "seed": 7}), request({"a": 1, "user": "y", "metadata": {}})),
        (request(b"\xff\xfe"), request(b"\xff\xfe")),
        (request(method="GET", url="http://h/v1/m/a b"), request(method="GET", url="http://h/v1/m/a%20b")),
        (request({}, headers=(("content-type", "application/json; charset=utf-8"),)), request({})),
    ],
)
def test_what_asks_for_the_same_is_found(sent, there):
    """The order of the query and of members, the host, and volatile members make no difference."""
    assert taken(shelf_of(there), sent) == "e.1"


@pytest.mark.parametrize(
    ("sent", "there", "differs"),
    [
        (request({"a": True}), request({"a": 1}), "differs at /a"),
        (request({"a": "1"}), request({"a": 1}), "differs at /a"),
        (request({"a": [1, 2]}), request({"a": [1]}), "differs at /a/1"),
        (request({"a/b": {"~": 1}}), request({"a/b": {"~": 2}}), "differs at /a~1b/~0"),
        (request({"a": {"user": 1}}), request({"a": {"user": 2}}), "differs at /a/user"),
        (request([1]), request([2]), "differs at /0"),
        (request(b"{"), request(b"{}"), "the bodies differ, and not both are JSON"),
        (request(url="http://h/v1/chat?a=1"), request(), "the query differs"),
        (request({}, headers=(("Content-Type", "text/plain"),)), request({}), "its content type is application/json"),
        (request(method="PUT"), request(), "recorded are POST /v1/chat"),
        (request(url="http://h/v1/chats"), request(), "recorded are POST /v1/chat"),
        (request(), request(headers=(("X-Api-Key", "some-key"),)), "it presents a credential, this one no credential"),
    ],
)
def test_what_asks_for_something_else_is_not_found(sent, there, differs):
    """A request that differs is told how."""
    assert differs in taken(shelf_of(there), sent)


def test_the_nearest_recording_is_taken():
    """The same bytes come before an equal value, that before one with other volatile members."""
    shelf = shelf_of(request(b'{"a":1,"user":"x"}'), request(b'{ "a":1}'), request(b'{"a":1}'))

    assert taken(shelf, request(b'{"a":1}')) == "e.3"
    assert taken(shelf, request(b'{"a": 1}')) == "e.2"
    assert taken(shelf, request(b'{"a":1,"user":"z"}')) == "e.1"


def test_header_fields_decide_between_equal_bodies():
    """Of two recordings of one body, that with the same header fields is taken."""
    shelf = shelf_of(request({}, headers=(*JSON, ("Accept", "a"))), request({}, headers=(*JSON, ("Accept", "b"))))

    assert [taken(shelf, request({}, headers=(*JSON, ("accept", value)))) for value in "ba"] == ["e.2", "e.1"]


def test_recordings_of_one_request_are_taken_in_turn():
    """Each is played once, in their order, and then the last again."""
    shelf = shelf_of(request({}), request({"other": 1}), request({}), request({}))

    assert [taken(shelf, request({})) for _ in range(5)] == ["e.1", "e.3", "e.4", "e.4", "e.4"]
    assert shelf.played["e.4 in f.har"] == 3


def test_an_answer_that_was_left_is_the_last_choice():
    """A recording that the client left is not whole, so a whole one is taken first."""
    left = Exchange("e.1", request({}), Response(200, pieces=(Piece(0.0, b"a"),)), Ending.ABANDONED)
    whole = Exchange("e.2", request({}), Response(200))
    both = Shelf(Recording(recorded(each), each, "f.har") for each in (left, whole))
    alone = Shelf([Recording(recorded(left), left, "f.har")])

    assert [taken(both, request({})) for _ in range(2)] == ["e.2", "e.2"]
    assert taken(alone, request({})) == "e.1"


def test_a_foreign_recording_answers_with_or_without_a_credential():
    """Browsers leave credentials out of what they export, so its absence says nothing; the wrong one is not taken."""
    shelf = shelf_of(request({}), unseen=frozenset(Unseen))
    wrong = (*JSON, ("Authorization", "Bearer llm-conformance-invalid-credential"))

    assert taken(shelf, request({}, headers=(*JSON, ("Authorization", "Bearer some-key")))) == "e.1"
    assert taken(shelf, request({})) == "e.1"
    assert "the wrong credential" in taken(shelf, request({}, headers=wrong))


def test_nothing_recorded_is_said():
    """An empty shelf answers no request, and counts it."""
    shelf = shelf_of()

    assert taken(shelf, request()) == "nothing recorded answers POST /v1/chat; nothing is recorded"
    assert shelf.unmatched == 1


@pytest.mark.parametrize(
    "url", ["http://[::1/v1", "", "*", "http://h", "http://h/?%ff&=&&", "//a//b?\ud800", "/\ud800"]
)
def test_odd_urls_are_no_trouble(url):
    """Whatever stands in a recording can be asked for."""
    assert asked(request(url=url)).path.startswith(("/", "*", "%2A"))


def test_a_message_is_one_line_that_a_terminal_can_show():
    """What a client sends is told without control characters, and not at any length."""
    message = taken(shelf_of(request({})), request({"\x1b[2J\n" + "x" * 5000: 1}))

    assert "differs at /\\x1b[2J\\n" in message
    assert message.isprintable()
    assert len(message) < 1100


def test_differences_come_in_order():
    """Every place in which two values differ has its pointer."""
    assert list(differences({"a": 1, "b": [1, {"c": 2}]}, {"b": [2, {"c": 3}], "d": 0})) == [
        "/a",
        "/b/0",
        "/b/1/c",
        "/d",
    ]
    assert list(differences(1, 1.0)) == []
    assert not is_equal(True, 1)
