"""Judges of listed models and of answers with one entry for each input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.judges.verdicts import Circumstances, judge_all

BASE = "https://target.test/v1"
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
MISSING = {"error": {"message": "The model is not there.", "type": "invalid_request_error"}}


def exchange(number: int, path: str, sent: Any, body: Any, status: int = 200) -> Exchange:
    content = json.dumps(sent).encode() if sent else b""
    told = Response(
        status, headers=(("Content-Type", "application/json"),), pieces=(Piece(0.1, json.dumps(body).encode()),)
    )
    return Exchange(f"e{number}", Request("POST" if sent else "GET", BASE + path, HEADERS, content), told)


def listed(*models: dict[str, Any]) -> Exchange:
    return exchange(0, "/models", None, {"object": "list", "data": list(models)})


def asked(number: int, model: str, status: int = 200) -> Exchange:
    sent = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    return exchange(number, "/chat/completions", sent, {} if status == 200 else MISSING, status)


def verdict(row: str, *exchanges: Exchange) -> str:
    on = Circumstances(optional=("reference",))
    return judge_all(load_api("cloud-temple"), exchanges, base_url=BASE, selected={row}, circumstances=on)[0].verdict


A = {"id": "a", "aliases": ["a", "short"], "permission": [{"allow_sampling": True}]}
OFF = {"id": "b", "permission": [{"allow_sampling": False}]}


@pytest.mark.parametrize(
    ("row", "exchanges", "wanted"),
    [
        ("models.usable", [listed(A), asked(1, "a")], "pass"),
        ("models.usable", [listed(A), asked(1, "a", 404)], "fail"),
        ("models.usable", [listed(A), asked(1, "a", 429)], "untested"),
        ("models.usable", [listed(A, OFF), asked(1, "a"), asked(2, "b", 404)], "pass"),
        ("models.usable", [listed(A, {"id": "nomic-embed"}), asked(1, "a"), asked(2, "nomic-embed", 400)], "pass"),
        ("models.usable", [listed(A, {"id": "whisper-1"}), asked(1, "a"), asked(2, "whisper-1", 400)], "pass"),
        ("models.alias-usable", [listed(A), asked(1, "a"), asked(2, "short")], "pass"),
        ("models.alias-usable", [listed(A), asked(1, "a"), asked(2, "short", 404)], "warn"),
        ("models.alias-usable", [listed({**A, "aliases": ["a"]}), asked(1, "a")], "not-applicable"),
        ("models.unique-ids", [listed(A, OFF)], "pass"),
        ("models.unique-ids", [listed(A, A)], "fail"),
        ("models.unique-ids", [listed()], "fail"),
    ],
)
def test_listed_models_are_judged_by_what_they_allow(row, exchanges, wanted):
    """A model counts where the list says that it may be used for chat."""
    assert verdict(row, *exchanges) == wanted


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ([{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [3, 4]}], "pass"),
        ([{"index": 0, "embedding": [1, 2]}], "warn"),
        ([{"index": 1, "embedding": [1, 2]}, {"index": 0, "embedding": [3, 4]}], "warn"),
        ([{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [3]}], "warn"),
        ("x", "untested"),
    ],
)
def test_each_input_has_its_vector(data, wanted):
    """Vectors are as many as the inputs, in their order, and of one length."""
    assert (
        verdict(
            "embeddings.one-per-input", exchange(1, "/embeddings", {"model": "e", "input": ["a", "b"]}, {"data": data})
        )
        == wanted
    )


@pytest.mark.parametrize(
    ("results", "wanted"),
    [
        ([(1, 0.5), (0, 0.5)], "pass"),
        ([(1, 0.1), (0, 0.5)], "warn"),
        ([(1, 0.5), (1, 0.1)], "warn"),
        ([(1, 0.5), (0, 0.4), (2, 0.1)], "warn"),
    ],
)
def test_documents_are_ranked(results, wanted):
    """Ranked documents fall by score, come once each, and are no more than were asked for."""
    sent = {"model": "r", "query": "q", "documents": ["a", "b", "c"], "top_n": 2}
    told = {"id": "i", "results": [{"index": i, "relevance_score": s} for i, s in results]}
    assert verdict("rerank.sorted", exchange(1, "/rerank", sent, told)) == wanted
