"""Judges of tool calls find what breaks a promise, pass what is legal, and endure whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.judges.toolcalls import values
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "https://target.test/v1"
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
TOOLS = {"tools": [{"type": "function", "function": {"name": name}} for name in ("f", "g")]}
NAMED = {**TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}}
ROWS = {row.id for row in load_api("openai").requirements if row.group == "tools"}


def exchange(body: bytes, kind: str, asked: dict[str, Any], status: int = 200) -> Exchange:
    sent = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}], **asked}).encode()
    told = Response(status, headers=(("Content-Type", kind),), pieces=(Piece(0.1, body),))
    return Exchange("e1", Request("POST", f"{BASE}/chat/completions", HEADERS, sent), told, seconds=0.1)


def whole(message: Any, finish: Any = "tool_calls", used: int = 9, **asked: Any) -> Exchange:
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    answer = {"id": "a", "choices": choices, "usage": {"completion_tokens": used}}
    return exchange(json.dumps(answer).encode(), "application/json", TOOLS | asked)


def streamed(*parts: Any, finish: str = "tool_calls", **asked: Any) -> Exchange:
    deltas = [{"tool_calls": [part]} for part in parts]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": finish})
    events = [json.dumps({"id": "a", "choices": [choice]}) for choice in choices] + ["[DONE]"]
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    return exchange(body, "text/event-stream", TOOLS | {"stream": True} | asked)


def call(name: str = "c1", arguments: Any = "{}", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "function", "function": {"name": "f", "arguments": arguments}, **more}


def calls(*said: Any, content: Any = None) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": list(said)}


def fragment(arguments: str, **more: Any) -> dict[str, Any]:
    return {"index": 0, "function": {"arguments": arguments}, **more}


def verdicts(*exchanges: Exchange) -> dict[str, Verdict]:
    results = judge_all(load_api("openai"), exchanges, base_url=BASE, selected=ROWS)
    return {result.requirement.id: result.verdict for result in results}


@pytest.mark.parametrize(
    ("row", "seen", "wanted"),
    [
        ("tools.arguments-once", whole(calls(call(arguments='{"a": 1}{"a": 1}'))), "fail"),
        ("tools.arguments-once", whole(calls(call(arguments='{"a": 1'))), "pass"),
        ("tools.arguments-valid", whole(calls(call(arguments='{"a": 1'))), "note"),
        ("tools.arguments-once", whole(calls(call(arguments='"{\\"a\\"'))), "pass"),
        ("tools.arguments-once", whole(calls(call(arguments='{"a": 1')), "length"), "untested"),
        ("tools.arguments-said", whole(calls(call(arguments="")), "length"), "untested"),
        ("tools.cut-short", whole(calls(call(arguments='{"a')), used=5, max_tokens=5), "fail"),
        ("tools.cut-short", whole(calls(call(arguments='{"a')), used=4, max_tokens=5), "untested"),
        ("tools.finish", whole(calls(call()), "stop"), "fail"),
        ("tools.finish", whole(calls(call()), "stop", **NAMED), "pass"),
        ("tools.finish", whole(calls(call()), "length"), "pass"),
        ("tools.not-in-content", whole(calls(call(arguments='{"a": 1}'), content="I call f {now}.")), "pass"),
        ("tools.not-in-content", whole(calls(call(arguments='{"a": 1}'), content='So: {"a":1}')), "warn"),
        ("tools.no-markup", whole({"content": "<tool_call>{}"}, "stop"), "warn"),
        ("tools.no-markup", whole({"content": "A tool call is what it is."}, "stop"), "pass"),
        ("tools.choice-named", whole({"content": "no"}, "stop", **NAMED), "warn"),
        ("tools.choice-named", whole({"content": "no"}, "length", **NAMED), "untested"),
        ("tools.choice-none", whole({"content": "no"}, "stop", tool_choice="none"), "pass"),
        ("tools.type", whole(calls({"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}})), "pass"),
        ("tools.arguments-text", whole(calls({"id": "c", "type": "custom", "custom": {}})), "pass"),
        ("tools.id-distinct", whole(calls(call(), call())), "fail"),
        ("tools.id-distinct", whole(calls(call(), call("c2"))), "pass"),
        ("tools.index-counts", streamed(call(index=0), call("c2", index=0)), "fail"),
        ("tools.id-stable", streamed(call(arguments="", index=0), fragment("{}", id="c2")), "fail"),
        ("tools.id-once", streamed(call(arguments="", index=0), fragment("{}", id="c1")), "warn"),
        ("tools.id-once", streamed(call(arguments="", index=0), fragment("{}", id="")), "pass"),
        ("tools.index", streamed(call(), call("c2")), "fail"),
        ("tools.arguments-once", streamed(call(), call("c2")), "pass"),
        ("tools.arguments-once", streamed(call(arguments="{}", index=0), fragment('{"a": 1}')), "fail"),
        ("tools.type", streamed({"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}), "warn"),
    ],
)
def test_tool_row_gives_the_right_verdict(row, seen, wanted):
    """A judge of tool calls fails what clients break on, and leaves alone what is the model's or is legal."""
    assert verdicts(seen)[row] == wanted


def test_target_that_refuses_tools_does_not_offer_them():
    """Where every request with tools is refused, no row about calls is broken."""
    refusal = exchange(b'{"error": {"message": "no tools"}}', "application/json", NAMED, status=400)

    assert set(verdicts(refusal).values()) <= {Verdict.NOT_APPLICABLE, Verdict.UNTESTED}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "index", "type", "function", "name", "arguments", "tool_calls", "content"]),
                inner,
            )
        ),
        max_leaves=8,
    )
)
def test_no_answer_makes_a_judge_fail(said):
    """Whatever stands where calls do, streamed or whole, the judges come to a verdict."""
    found = verdicts(whole({"tool_calls": said}, **NAMED), streamed(said), whole(said), streamed(call(), said))

    assert Verdict.ERROR not in found.values()


def test_values_reads_texts_in_a_row_and_nothing_else():
    """Several JSON texts are told apart, broken ones and very long ones are endured."""
    assert values(' {} {"a": 1}\n') == [{}, {"a": 1}]
    assert values("{} x") == []
    assert values("[" * 100_000) == []
    assert len(values("1 " * 10_000)) == 10_000
