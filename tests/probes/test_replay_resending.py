"""A recorded request is written again as it was, for a target that may be another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.probes.resending import CannotResend, again, effect_of, model_of, rebased, repeated
from conformance.probes.target import USER_AGENT, Target

BASE, NEW = "http://old.example/v1", "https://new.example:8443/api/v2"
BODY = b'{"model": "old", "messages": [{"role": "user", "content": "say \\"model\\": \\"old\\""}], "max_tokens": 7}'
AUTHORISED = ("Authorization", "Bearer [Filtered]")


@pytest.fixture
def target():
    return Target(load_api("openai"), NEW, 's"3cret-key', model="new")


def asked(path="/chat/completions", method="POST", headers=(AUTHORISED,), body=BODY) -> Request:
    return Request(method, f"{BASE}{path}", headers, body)


def test_it_is_the_same_but_for_place_key_and_model(target):
    """Method, path, query, header fields in order and every other byte of the body stay."""
    headers = (("X-Odd", "1"), ("x-odd", "2"), AUTHORISED, ("Accept", "*/*"))
    call = again(target, asked("/chat/completions?a=%20b#c", headers=headers), BASE, "old")

    assert (call.method, call.url) == ("POST", f"{NEW}/chat/completions?a=%20b#c")
    assert call.headers == (*headers[:2], ("Authorization", 'Bearer s"3cret-key'), headers[3])
    assert call.body == BODY.replace(b'"model": "old"', b'"model": "new"', 1)
    assert (call.tokens, call.effect) == (7, "generate")


@pytest.mark.parametrize("body", [b'{"max_tokens": 999999999999}', b'{"max_tokens": 0}', b"[7]", b"{"])
def test_a_cap_that_cannot_be_meant_is_none(target, body):
    """A request without a usable cap costs what the profile expects of one without."""
    assert again(target, asked(body=body), BASE).tokens == target.api.profile.caps.uncapped
    assert again(target, asked(body=b""), BASE).tokens == 0


def test_the_recorded_model_stays_without_another(target):
    """A target without a model, or a request that asks another than the run's, changes nothing."""
    assert again(replace(target, model=""), asked(), BASE, "old").body == BODY
    assert again(target, asked(), BASE, "third").body == BODY
    assert again(target, asked(), BASE).body == BODY


def test_a_model_in_the_path_is_replaced(target):
    """The path parameter that names the model names the target's."""
    call = again(replace(target, model="a/b"), asked("/models/old", "GET", body=b""), BASE, "old")
    assert call.url == f"{NEW}/models/a%2Fb"


def test_what_was_wrong_on_purpose_stays_wrong(target):
    """No credential, the public wrong one, and bytes that are no JSON are sent as they were."""
    wrong = ("Authorization", "Bearer llm-conformance-invalid-credential")
    assert again(target, asked(headers=()), BASE).headers == ()
    assert again(target, asked(headers=(wrong,)), BASE).headers == (wrong,)
    assert again(target, asked(body=b'{"\xff'), BASE, "old").body == b'{"\xff'


def test_the_key_stands_wherever_it_was_taken_out(target):
    """In a URL it is percent-encoded, in a JSON text escaped."""
    call = again(target, asked("/models?api_key=[Filtered]", body=b'{"k": "[Filtered]"}'), BASE)
    assert call.url.endswith("?api_key=s%223cret-key")
    assert call.body == b'{"k": "s\\"3cret-key"}'


def test_companions(target):
    """A companion is put back where it was taken out, and stays out where it was left out; others are added."""
    given = replace(target, api=load_api("neuroflash"), headers=(("x-workspace-id", "mine"), ("X-Gate", "open")))
    taken = asked(headers=(("X-Workspace-Id", "[Filtered]"),))
    assert again(given, taken, BASE).headers == (("X-Workspace-Id", "mine"), ("X-Gate", "open"))
    assert again(given, asked(headers=()), BASE).headers == (("X-Gate", "open"),)
    with pytest.raises(CannotResend, match="--header 'X-Workspace-Id: …'"):
        again(replace(given, headers=()), taken, BASE)


def test_what_says_the_same_as_a_companion(target):
    """Where one private header was sent, its value stands wherever it was taken out, and we call ourselves as ever."""
    given = replace(target, api=load_api("neuroflash"), headers=(("x-workspace-id", "my ws"),))
    headers = (("x-workspace-id", "[Filtered]"), ("User-Agent", "[Private]/0.1.0"), ("X-Odd", "a [Private]"))
    call = again(given, asked("/chat/completions?w=[Private]", headers=headers, body=b'\xff"[Private]"'), BASE)

    assert call.headers == (("x-workspace-id", "my ws"), ("User-Agent", USER_AGENT), ("X-Odd", "a my ws"))
    assert (call.url, call.body) == (f"{NEW}/chat/completions?w=my%20ws", b'\xff"my ws"')


def test_something_private_that_nobody_knows(target):
    """A body that was shortened of something private is not sent."""
    with pytest.raises(CannotResend, match="private"):
        again(target, asked(body=b'{"user": "[Private]"}'), BASE)


@pytest.mark.parametrize(
    ("url", "old", "new", "expected"),
    [
        ("http://h/v1/models", "http://h/v1", "http://i/x/y", "http://i/x/y/models"),
        ("http://h/v1", "http://h/v1", "http://i", "http://i"),
        ("http://h/v1//models/", "http://h/v1", "http://h/v1", "http://h/v1//models/"),
        ("http://H/models?q=/v1", "http://h", "http://i/v1", "http://i/v1/models?q=/v1"),
        ("http://h/serving/99/v1/models", "http://h/serving/43", "http://i/a/7", "http://i/a/99/v1/models"),
        ("http://h/api/v1/llm/health", "http://h/api/llm", "http://i/api/llm", "http://i/api/v1/llm/health"),
        ("http://h/v10/models", "http://h/v1", "http://i/b", "http://i/v10/models"),
    ],
)
def test_where_a_url_leads(url, old, new, expected):
    """What is below the base stays below it, what is beside it stays beside it."""
    assert rebased(url, old, new) == expected


@pytest.mark.parametrize(
    ("url", "old", "new"),
    [
        ("http://evil/v1/models", "http://h/v1", "http://i/v1"),
        ("http://h:81/v1/models", "http://h/v1", "http://i/v1"),
        ("https://h/v1/models", "http://h/v1", "http://i/v1"),
        ("http://h/other", "http://h/a/b", "http://i"),
        ("data:x", "http://h/a", "http://i"),
    ],
)
def test_nothing_is_sent_elsewhere(url, old, new):
    """A request that went to another host, or that has no place below the new base, is not written."""
    with pytest.raises(CannotResend):
        rebased(url, old, new)


@pytest.mark.parametrize(
    ("method", "path", "effect"),
    [
        ("GET", "/models", "read"),
        ("PUT", "/models/x/config", "configure"),
        ("PATCH", "/models/x/config", "configure"),
        ("DELETE", "/unknown", "configure"),
        ("GET", "/unknown", "read"),
        ("PATCH", "//generate/", "generate"),
        ("POST", "/generate", "generate"),
    ],
)
def test_effects(method, path, effect):
    """What may change a deployment counts as if it did, unless the documents say what it does."""
    api = load_api("multi-llm")
    documented = {(o.method, o.path): o.effect for o in api.operations}
    path = path.replace("/models/x/config", next(p for (_, p), e in documented.items() if e == "configure"))
    path = path.replace("/generate", next(p for (m, p), e in documented.items() if (m, e) == ("POST", "generate")))
    method = next(m for m, p in documented if p == path) if (method, effect) == ("PUT", "configure") else method
    assert effect_of(api, asked(path.replace("{", "").replace("}", ""), method), BASE) == effect


def test_the_model_of_a_recording():
    """It is the one of the first request that was answered."""
    listed = Exchange("discovery.1", asked("/models", "GET", body=b""), Response(200))
    refused = Exchange("discovery.2", asked(body=b'{"model": "gone"}'), Response(404))
    odd = Exchange("discovery.3", asked(body=b'{"model": 7}'), Response(200))
    answered = Exchange("discovery.4", asked(), Response(200))
    assert model_of(load_api("openai"), [listed, refused, odd, answered], BASE) == "old"
    assert model_of(load_api("openai"), [listed, refused], BASE) == ""


def test_an_answer_that_was_left_is_left_again(target):
    """After as many pieces; a connection that was lost is no answer that was left."""
    answer = Response(200, pieces=(Piece(0.1, b"a"), Piece(0.2, b"b")))
    left = Exchange("chat.1", asked(), answer, Ending.ABANDONED)
    assert repeated(target, left, BASE).leave_after == 2
    assert repeated(target, replace(left, ending=Ending.RESET), BASE).leave_after is None
