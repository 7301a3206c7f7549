"""Judges of embeddings: what they let pass, and where they put the blame."""

from __future__ import annotations

import base64
import json
import math
import struct

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all

BASE = "https://target.test/v1"
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
NORTH, EAST, NEAR = [0.0, 1.0, 0.0], [1.0, 0.0, 0.1], [0.0, 1.0, 0.01]
REFUSED = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
GARBAGE = (None, 7, "text", [], {"data": 1}, {"data": [None, 3]}, {"data": [{"embedding": {}, "index": "x"}]})


def asked(number, said, body, status=200, **words):
    sent = json.dumps({"model": "m", "input": said, **words}).encode()
    pieces = (Piece(0.1, body if isinstance(body, bytes) else json.dumps(body).encode()),)
    response = Response(status, headers=(("Content-Type", "application/json"),), pieces=pieces)
    return Exchange(f"e{number}", Request("POST", f"{BASE}/embeddings", HEADERS, sent), response)


def listed(*vectors, indices=None):
    numbered = zip(indices or range(len(vectors)), vectors, strict=True)
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in numbered]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def packed(numbers, form="<3f"):
    return base64.b64encode(struct.pack(form, *numbers)).decode()


def verdict(row, *exchanges):
    return judge_all(load_api("openai"), exchanges, base_url=BASE, selected={row})[0].verdict


ONE = asked(0, "a", listed(NORTH))


@pytest.mark.parametrize(
    ("row", "exchange", "wanted"),
    [
        ("embeddings.order", asked(1, ["a", "b"], listed(NORTH, EAST)), "pass"),
        ("embeddings.order", asked(1, ["a", "b"], listed(NEAR, EAST)), "pass"),
        ("embeddings.order", asked(1, ["a", "b"], listed(EAST, NORTH)), "fail"),
        ("embeddings.order", asked(1, ["a", "b"], listed(EAST, NORTH, indices=[1, 0])), "pass"),
        ("embeddings.order", asked(1, ["a", "b"], listed(EAST, EAST)), "pass"),
        ("embeddings.order", asked(1, ["c", "b"], listed(EAST, NORTH)), "not-applicable"),
        ("embeddings.base64", asked(1, "a", listed(packed(NORTH)), encoding_format="base64"), "pass"),
        ("embeddings.base64", asked(1, "a", listed(NORTH), encoding_format="base64"), "fail"),
        ("embeddings.base64", asked(1, "a", REFUSED, 400, encoding_format="base64"), "not-applicable"),
        ("embeddings.base64-accepted", asked(1, "a", REFUSED, 400, encoding_format="base64"), "warn"),
        ("embeddings.base64-accepted", asked(1, "a", REFUSED, 503, encoding_format="base64"), "untested"),
        ("embeddings.base64-floats", asked(1, "a", listed(packed(NEAR)), encoding_format="base64"), "pass"),
        ("embeddings.base64-floats", asked(1, "a", listed(packed(EAST)), encoding_format="base64"), "fail"),
        ("embeddings.base64-floats", asked(1, "a", listed(packed(NORTH, "<3d")), encoding_format="base64"), "fail"),
        ("embeddings.base64-floats", asked(1, "a", listed(packed([math.nan] * 3)), encoding_format="base64"), "fail"),
        ("embeddings.base64-floats", asked(1, "x", listed(packed(EAST)), encoding_format="base64"), "pass"),
        ("embeddings.base64-floats", asked(1, "a", listed("not base64!"), encoding_format="base64"), "fail"),
        ("embeddings.nonzero", asked(1, "b", listed([0, 0.0, 0])), "warn"),
        ("embeddings.nonzero", asked(1, "b", listed([0, None, 0])), "pass"),
        ("embeddings.dimensions", asked(1, "a", listed([1.0, 0.5]), dimensions=2), "pass"),
        ("embeddings.dimensions", asked(1, "a", listed(NORTH), dimensions=2), "warn"),
        ("embeddings.dimensions", asked(1, "a", REFUSED, 400, dimensions=2), "not-applicable"),
        ("embeddings.dimensions-native", asked(1, "a", REFUSED, 400, dimensions=3), "note"),
        ("embeddings.dimensions-native", asked(1, "a", REFUSED, 400, dimensions=2), "not-applicable"),
        ("embeddings.empty-refused", asked(1, [], REFUSED, 422), "pass"),
        ("embeddings.empty-refused", asked(1, [], listed()), "warn"),
        ("embeddings.empty-refused", asked(1, [], REFUSED, 500), "untested"),
        ("embeddings.not-truncated", asked(1, ["a" * 3000 + "b", "a" * 3000 + "c"], listed(EAST, EAST)), "warn"),
        ("embeddings.not-truncated", asked(1, ["a" * 3000 + "b", "a" * 3000 + "c"], listed(EAST, NEAR)), "pass"),
        ("embeddings.not-truncated", asked(1, ["a" * 3000 + "b", "a" * 3000 + "c"], REFUSED, 413), "pass"),
    ],
)
def test_embeddings_are_judged_by_what_was_asked(row, exchange, wanted):
    """A request for embeddings is judged by its own form, beside a plain one that was answered."""
    assert verdict(row, ONE, exchange) == wanted


def test_chat_model_without_embeddings_is_no_finding():
    """A target whose model makes no vectors breaks no promise of embeddings, and leaves no must untested."""
    refused = [asked(0, "a", REFUSED, 400), asked(1, "a", REFUSED, 400, encoding_format="base64")]
    rows = [r for r in load_api("openai").requirements if r.judge.startswith(("embedding", "base64"))]

    verdicts = {row.id: verdict(row.id, *refused) for row in rows}

    assert set(verdicts.values()) <= {"not-applicable", "untested"}
    assert not [row.id for row in rows if row.level == "must" and verdicts[row.id] == "untested"]


@pytest.mark.parametrize("body", [*GARBAGE, b"", b"\xff\x00", b'{"data": [{"embedding": [NaN]}]}'], ids=repr)
@pytest.mark.parametrize(
    "words", [{}, {"encoding_format": "base64"}, {"dimensions": 2}, {"dimensions": "two"}], ids=str
)
def test_any_answer_can_be_judged(body, words):
    """No answer makes a judge of embeddings fail, whatever was asked."""
    said = ("a", ["a", "b"], [1, 2], [[1], [2]], [], None, [["x"]], {"a": 1})
    exchanges = [asked(number, each, body, **words) for number, each in enumerate(said)]

    results = judge_all(load_api("openai"), [ONE, *exchanges], base_url=BASE)

    assert not [r.requirement.id for r in results if r.verdict == "error"]
