"""Judges of whole chat answers find what breaks a promise, and pass what is legal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "https://target.test/v1"
NOW = 1_760_000_000
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"), ("x-workspace-id", "w"))
MESSAGES = [{"role": "user", "content": "Count."}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
FORCED = {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}
SCHEMA = {"type": "object", "properties": {"colour": {"type": "string"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "c", "schema": SCHEMA}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def answer(
    content: Any = "one", finish: Any = "stop", message: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **(message or {})}
    usage = {"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4, "reasoning_tokens": 0}
    choices = [{"index": 0, "message": said, "finish_reason": finish}]
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": NOW, "model": "m"}
    return {**head, "choices": choices, "usage": usage, **more}


def exchange(number: int, body: Any, status: int = 200, **asked: Any) -> Exchange:
    path = "/v1/chat/completions" if asked.pop("genos", False) else "/chat/completions"
    sent = json.dumps({"model": "m", "messages": MESSAGES, **asked}).encode()
    told = Response(
        status, headers=(("Content-Type", "application/json"),), pieces=(Piece(0.1, json.dumps(body).encode()),)
    )
    return Exchange(f"e{number}", Request("POST", BASE + path, HEADERS, sent), told, started=NOW, seconds=0.1)


def verdict(api: str, row: str, *exchanges: Exchange) -> Verdict:
    return judge_all(load_api(api), exchanges, base_url=BASE, selected={row})[0].verdict


@pytest.mark.parametrize(
    ("row", "asked", "body", "wanted"),
    [
        ("chat.stop-respected", {"stop": "five"}, answer("three, four, "), "pass"),
        ("chat.stop-respected", {"stop": ["x", "five"]}, answer("four, five"), "warn"),
        ("chat.stop-respected", {}, answer("five"), "untested"),
        ("chat.json-schema-honoured", {"response_format": FORMAT}, answer('{"colour": "blue", "more": 1}'), "pass"),
        ("chat.json-schema-honoured", {"response_format": FORMAT}, answer('{"colour": 1}'), "warn"),
        ("chat.json-schema-honoured", {"response_format": FORMAT}, answer("blue"), "warn"),
        ("chat.json-schema-honoured", {"response_format": FORMAT}, answer('{"col', "length"), "untested"),
        ("chat.tool-call-shape", FORCED, answer(None, "tool_calls", {"tool_calls": [CALL]}), "pass"),
        ("chat.tool-call-shape", FORCED, answer(None, "stop", {"tool_calls": [CALL]}), "pass"),
        ("chat.tool-call-shape", FORCED, answer("no"), "warn"),
        ("chat.tool-call-shape", FORCED, answer(None, "x", {"tool_calls": [{**CALL, "type": "x"}]}), "warn"),
        ("chat.object-response", {}, [answer()], "fail"),
        ("chat.object-response", {}, {}, "pass"),
        ("chat.required-fields", {}, answer(), "pass"),
        ("chat.usage-tracked", {}, answer(usage=None), "warn"),
    ],
)
def test_an_answer_is_judged_by_what_was_asked(row, asked, body, wanted):
    """The same answer keeps a promise or breaks it as the request has it."""
    assert verdict("neuroflash", row, exchange(1, body, **asked)) == wanted


def test_refused_tools_are_no_finding():
    """Where tools are refused, the shape of their calls does not apply."""
    assert (
        verdict("neuroflash", "chat.tool-call-shape", exchange(1, {"error": "no"}, 400, **FORCED)) == "not-applicable"
    )


@pytest.mark.parametrize(("second", "wanted"), [("one", "pass"), ("two", "note")])
def test_a_seed_repeats_the_answer(second, wanted):
    """Two answers to one request with a seed are compared."""
    said = [exchange(n, answer(text), seed=7) for n, text in enumerate(("one", second))]
    assert verdict("neuroflash", "chat.seed-repeatable", *said) == wanted


@pytest.mark.parametrize(
    ("row", "body", "wanted"),
    [
        ("chat.shape", answer(backend=None, extra=1), "pass"),
        ("chat.shape", answer(created=NOW * 1000), "fail"),
        ("chat.shape", answer(created=NOW - 80_000), "pass"),
        ("chat.shape", answer(usage={"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}), "warn"),
        ("chat.backend", answer(), "warn"),
        ("chat.backend", answer(backend={"engine_type": "e", "machine_name": "m", "more": 1}), "pass"),
        ("chat.length-reason", answer(finish="length"), "pass"),
        ("chat.max-tokens", answer(), "pass"),
    ],
)
def test_cloud_temple_answers(row, body, wanted):
    """A capped answer is judged by the example and the table."""
    assert verdict("cloud-temple", row, exchange(1, body, max_tokens=3)) == wanted


@pytest.mark.parametrize(
    ("finishes", "wanted"),
    [
        (["stop"], "untested"),
        (["stop", "stop"], "warn"),
        (["stop", "length"], "pass"),
        (["stop"] * 3 + ["length"], "pass"),
    ],
)
def test_an_answer_may_be_complete_with_the_last_token_of_its_cap(finishes, wanted):
    """That all answers that used up their cap say that they are complete is no chance; that one does may be."""
    said = [exchange(n, answer(finish=finish), max_tokens=3) for n, finish in enumerate(finishes)]
    assert verdict("cloud-temple", "chat.length-reason", *said) == wanted


@pytest.mark.parametrize(
    ("row", "body", "wanted"),
    [
        ("chat.content", answer(None), "fail"),
        ("chat.content", answer(None, message={"tool_calls": [CALL]}), "pass"),
        ("chat.content", answer(choices=[]), "pass"),
        ("chat.finish-reason-enum", answer(finish="eos"), "fail"),
        ("chat.finish-reason-enum", answer(finish=None), "pass"),
        ("models.path-like-id", answer(model="/m/abc"), "pass"),
        ("models.path-like-id", answer(model="abc"), "fail"),
        ("models.path-like-id", answer(model="%2Fm%2Fabc"), "fail"),
        ("models.path-like-id", answer(model="gpt"), "pass"),
        ("chat.model-echo", answer(model="gpt"), "fail"),
    ],
)
def test_genos_answers(row, body, wanted):
    """An answer is judged by what the documented client reads and OpenAI's format says."""
    assert verdict("genos", row, exchange(1, body, genos=True, model="/m/abc")) == wanted


@pytest.mark.parametrize(
    "body", [None, 7, [], "x", {"choices": 3}, {"choices": [None]}, {"choices": [{"message": 1}]}, {"usage": []}]
)
@pytest.mark.parametrize("api", ["cloud-temple", "genos", "neuroflash"])
def test_whatever_comes_back_no_judge_fails(api, body):
    """A body of any JSON type makes findings, never an error of the suite."""
    asked = {**FORCED, "seed": 1, "stop": "x", "response_format": FORMAT, "max_tokens": 1, "genos": api == "genos"}
    said = [exchange(1, body, **asked), exchange(2, body, genos=api == "genos")]
    results = judge_all(load_api(api), said, base_url=BASE)
    assert [r.requirement.id for r in results if r.verdict is Verdict.ERROR] == []
