"""What the proxy's watch says of requests, and what it keeps of credentials."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.commands.proxyclient import client_faults, told_apart
from conformance.commands.proxywatch import Keeper
from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response

BASE = "http://host/v1"
KEY = (("Authorization", "Bearer secret-of-this-test"),)
JSON = (("Content-Type", "application/json"),)
CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def sent(method, path, body=b"", headers=KEY + JSON, status=400, answer=b"{}", name="x.1"):
    """Return an exchange with this request."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Response(status, headers=JSON, pieces=(Piece(0.1, answer),))
    return Exchange(name, Request(method, BASE + path, headers, content), response)


def faults(*exchanges, api="openai", base=BASE):
    return [
        (each.operation, each.finding.message, each.finding.where)
        for each in client_faults(load_api(api), exchanges, base)
    ]


PROPER = {
    "chat": ("POST", "/chat/completions", CHAT),
    "list": ("GET", "/models"),
    "head": ("HEAD", "/models"),
    "preflight": ("OPTIONS", "/chat/completions"),
}


@pytest.mark.parametrize("words", PROPER.values(), ids=PROPER)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_proper_request_has_no_fault(words, status):
    """A request as documented is no fault of the client's, whatever comes back."""
    headers = () if words[0] == "OPTIONS" else KEY + JSON
    assert faults(sent(*words, headers=headers, status=status)) == []


FAULTS = {
    "path": (sent("POST", "/nothing", CHAT), "the path is not documented", "path"),
    "method": (sent("PATCH", "/chat/completions", CHAT), "the method is not documented for this path", "method"),
    "no-credential": (
        sent("POST", "/chat/completions", CHAT, JSON),
        "the request has no credential",
        "request headers",
    ),
    "scheme": (
        sent("POST", "/chat/completions", CHAT, (("Authorization", "sk-1234567890"), *JSON)),
        "the credential has no documented scheme",
        "header Authorization",
    ),
    "type": (
        sent("POST", "/chat/completions", CHAT, (*KEY, ("Content-Type", "text/plain"))),
        "the body is declared as something else",
        "header Content-Type",
    ),
    "twice": (
        sent("POST", "/chat/completions", b'{"model": "m", "model": "m", "messages": [{"role":"user","content":"x"}]}'),
        "a member is named twice",
        "body /model",
    ),
    "schema": (
        sent("POST", "/chat/completions", CHAT | {"messages": "Hello"}),
        "'Hello' is not of type 'array'",
        "body /messages",
    ),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_fault_is_named_with_its_place(case):
    """Each way in which a request is not as documented is one finding that says where."""
    exchange, message, where = case
    assert [found[1:] for found in faults(exchange)] == [(message, where)]


def test_body_that_is_no_json_is_named_with_its_byte():
    """A torn body is one finding, not one of its schema too."""
    ((operation, message, where),) = faults(sent("POST", "/chat/completions", b'{"model": "m",'))
    assert (operation, message[:19], where[:11]) == ("createChatCompletion", "the body is no JSON", "body, byte ")


def test_request_past_the_base_path_is_named():
    """A base URL that is only half of the target's is the client's fault."""
    assert faults(sent("GET", "/models"), base="http://host/v1/deeper") == [
        ("", "the request goes past the target's base path", "path")
    ]


def test_companion_header_is_demanded():
    """A workspace is demanded beside the key where the documents say so."""
    found = faults(sent("POST", "/chat/completions", CHAT), api="neuroflash")
    assert [message for _, message, _ in found] == ["the request has no header x-workspace-id"]


def test_lack_of_a_credential_is_no_fault_where_the_target_answers():
    """A server without keys, or a health check, is asked without one."""
    assert faults(sent("GET", "/models", headers=(), status=200)) == []


LIST = sent("GET", "/models", status=200, answer=b'{"object":"list","data":[{"id":"known"}]}')
UNKNOWN = b'{"error":{"message":"The model m does not exist"}}'


@pytest.mark.parametrize(("status", "blamed"), [(404, 1), (200, 0)])
def test_unlisted_model_is_a_fault_only_where_it_is_refused(status, blamed):
    """A list need not be complete: a model that answers is no fault."""
    found = faults(LIST, sent("POST", "/chat/completions", CHAT, status=status, answer=UNKNOWN))
    assert [message for _, message, _ in found] == ["the target does not list this model"] * blamed


def test_equal_faults_are_counted():
    """The same fault is listed once, with how often it was seen."""
    found = client_faults(load_api("openai"), [sent("GET", "/nothing"), sent("GET", "/nothing", name="x.2")], BASE)
    assert [(fault.finding.exchange, times) for fault, times in told_apart(found)] == [("x.1", 2)]


def test_credential_of_one_request_is_kept_out_of_all_that_follow():
    """A server that repeats an earlier client's key does not bring it into the recording."""
    keeper = Keeper(load_api("openai"))
    keeper.redacted(sent("GET", "/models"))
    later = keeper.redacted(sent("GET", "/models", headers=(), answer=b'{"last": "secret-of-this-test"}'))
    assert b"secret-of-this-test" not in later.response.body


def test_refused_credential_that_never_worked_tells_nothing_of_the_target():
    """A 401 is the target's only for a key that it has taken before."""
    keeper = Keeper(load_api("openai"))
    listed, refused = sent("GET", "/models", status=200), sent("GET", "/models", status=401, name="x.2")
    keeper.redacted(refused)
    keeper.redacted(listed)
    keeper.redacted(replace(refused, id="x.3"))
    assert keeper.unaccepted == {"x.2"}
