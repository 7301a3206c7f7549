"""Judges of request forms and of what answers mean find what breaks a promise, and bear whatever comes."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "https://target.test/v1"
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
COUNT = [{"role": "user", "content": "Count."}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Count."}]}]
PICTURE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}}]}]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"$ref": "#/nowhere"}}}
REFUSED = {"error": {"message": "content must be a string", "type": "x", "param": None, "code": None}}
ODD: tuple[Any, ...] = (None, True, 0, -1.5, "", "\ud800", [], [[]], [None], {}, {"": None}, {"content": [1]})


def answer(content: Any = "one", finish: Any = "stop", prompt: Any = 9) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    usage = {"prompt_tokens": prompt, "completion_tokens": 3, "total_tokens": 12}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def exchange(number: int, body: Any, status: int = 200, *, headers: Any = (), **asked: Any) -> Exchange:
    sent = json.dumps({"model": "m", "messages": COUNT, **asked}).encode()
    told = Response(
        status, headers=(("Content-Type", "application/json"),), pieces=(Piece(0.1, json.dumps(body).encode()),)
    )
    return Exchange(f"e{number}", Request("POST", f"{BASE}/chat/completions", (*HEADERS, *headers), sent), told)


def verdict(row: str, *exchanges: Exchange) -> Verdict:
    return judge_all(load_api("openai"), exchanges, base_url=BASE, selected={row})[0].verdict


PLAIN = exchange(0, answer())


def test_a_refused_form_is_blamed_only_where_the_same_request_without_it_is_accepted():
    """Nothing is said of text parts where the target refuses everything."""
    refused = exchange(1, REFUSED, 400, messages=PARTS)

    assert verdict("requests.user-parts", PLAIN, refused) == "fail"
    assert verdict("requests.user-parts", exchange(0, REFUSED, 400), refused) == "untested"
    assert verdict("requests.user-parts", PLAIN, exchange(1, answer(), messages=PARTS)) == "pass"


@pytest.mark.parametrize(
    ("row", "asked", "wanted"),
    [
        ("requests.user-parts", {"messages": PICTURE}, "untested"),
        ("requests.user-parts", {"messages": PARTS, "n": 3}, "untested"),
        ("requests.temperature-zero", {"temperature": 0, "messages": []}, "not-applicable"),
        ("requests.temperature-zero", {"temperature": 0, "max_tokens": "many"}, "not-applicable"),
        ("requests.temperature-zero", {"temperature": 0.0}, "fail"),
        ("requests.temperature-zero", {"temperature": False}, "untested"),
        ("requests.nulls", {"stop": None}, "warn"),
        ("requests.nulls", {"tools": None}, "untested"),
        ("requests.stop-array", {"stop": ["five"]}, "fail"),
        ("requests.logprobs-alone", {"logprobs": True}, "not-applicable"),
    ],
)
def test_a_refusal_is_put_down_to_the_only_thing_that_is_special(row, asked, wanted):
    """A refused request says nothing of a form where anything else may be the reason."""
    assert verdict(row, PLAIN, exchange(1, REFUSED, 400, **asked)) == wanted


def test_a_refusal_for_the_model_in_use_is_none_of_the_form():
    """OpenAI refuses a temperature for some of its own models, and says so."""
    said = {"error": {"message": "'temperature' does not support 0 with this model."}}

    assert verdict("requests.temperature-zero", PLAIN, exchange(1, said, 400, temperature=0)) == "not-applicable"


def test_metadata_may_need_store():
    """OpenAI takes metadata only beside store, and says so; any other reason counts."""
    said = {"error": {"message": "The 'metadata' parameter is only allowed when 'store' is enabled."}}

    assert verdict("requests.metadata-store", PLAIN, exchange(1, said, 400, metadata={})) == "not-applicable"
    assert verdict("requests.metadata-store", PLAIN, exchange(1, REFUSED, 400, metadata={})) == "warn"


def test_probabilities_alone_are_missed_only_where_they_are_given_with_alternatives():
    """A target without log probabilities is not blamed for refusing them."""
    refused = exchange(1, REFUSED, 400, logprobs=True)
    given = exchange(2, answer(), logprobs=True, top_logprobs=2)

    assert verdict("requests.logprobs-alone", PLAIN, refused, given) == "warn"


def test_a_hang_on_stream_options_is_found():
    """No answer within the time limit is a finding, a refusal is none."""
    asked = exchange(1, REFUSED, 400, stream_options={"include_usage": True})
    hanging = Exchange("e2", asked.request, None, Ending.TIMED_OUT, "nothing within 60 s")

    assert verdict("requests.stream-options-alone", PLAIN, asked) == "pass"
    assert verdict("requests.stream-options-alone", PLAIN, hanging) == "warn"


@pytest.mark.parametrize(
    ("text", "finish", "wanted"),
    [
        ("one, two, ", "stop", "pass"),
        ("one, two,", "stop", "pass"),
        ("one, two, thr", "stop", "warn"),
        ("one, two, thr", "length", "untested"),
        ("two, thr", "stop", "untested"),
        ("one, two, three", "stop", "not-applicable"),
    ],
)
def test_the_beginning_of_a_stop_text_is_told_from_the_answer_without_one(text, finish, wanted):
    """Only what follows the known beginning of the answer is held against the stop text."""
    free = exchange(0, answer("one, two, three, four", "length"), temperature=0)

    assert (
        verdict("semantics.stop-part", free, exchange(1, answer(text, finish), temperature=0, stop="three")) == wanted
    )


@pytest.mark.parametrize(
    ("row", "asked", "said", "wanted"),
    [
        ("semantics.no-think-tags", COUNT, "<think>", "warn"),
        ("semantics.no-think-tags", COUNT, "I don't know.\n</think>\n\nIt's one.", "warn"),
        ("semantics.no-think-tags", COUNT, "Begin with <think>, end with `</think>`.", "pass"),
        ("semantics.no-think-tags", [{"role": "user", "content": "Say <think>"}], "<think>", "pass"),
        ("semantics.no-special-tokens", COUNT, "one</s>", "warn"),
        ("semantics.no-special-tokens", COUNT, "a < b and c > d", "pass"),
        ("semantics.no-special-tokens", COUNT, "<|im_start|>assistant\none", "warn"),
        ("semantics.no-special-tokens", COUNT, "With </s> a text ends.", "pass"),
        ("semantics.prompt-whole", [{"role": "user", "content": "a" * 300_000}], "one", "warn"),
    ],
)
def test_an_answer_is_read_for_what_no_model_says_of_its_own(row, asked, said, wanted):
    """What the request itself says is no leak."""
    assert verdict(row, exchange(0, answer(said), messages=asked)) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("raven", "pass"),
        ("parsnip", "warn"),
        (' "Parsnip." ', "warn"),
        ("The parsnip saw a raven.", "pass"),
        ("nutmeg", "pass"),
    ],
)
def test_an_answer_is_that_of_another_request_only_as_a_whole(said, wanted):
    """A word of another request within an answer is chance."""
    asked, other = ([{"role": "user", "content": f"Reply with the single word: {w}"}] for w in ("raven", "parsnip"))
    mine, theirs = exchange(0, answer(said), messages=asked), exchange(1, answer("parsnip"), messages=other)

    assert verdict("semantics.answers-apart", mine, theirs) == wanted


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [({False: 400}, "not-applicable"), ({False: 400, True: 200}, "pass"), ({False: 400, True: 400}, "warn")],
    ids=repr,
)
def test_several_calls_may_be_more_than_a_target_can_forbid(flags, wanted):
    """Only the refusal of the default is held against a target."""
    tools = {"tools": [{"type": "function", "function": {"name": "ping"}}]}
    asked = [
        exchange(number, answer() if status == 200 else REFUSED, status, parallel_tool_calls=flag, **tools)
        for number, (flag, status) in enumerate(flags.items(), 2)
    ]

    assert verdict("requests.parallel-flag", PLAIN, exchange(1, answer(), **tools), *asked) == wanted


def test_json_is_not_judged_where_it_was_cut_or_its_schema_cannot_be_read():
    """An answer that did not end, and a schema that refers to nowhere, tell nothing."""
    cut = exchange(0, answer('{"a', "length"), response_format={"type": "json_object"})
    lost = exchange(0, answer("{}"), response_format=SCHEMA)
    listed = exchange(0, answer("[]"), response_format={"type": "json_object"})

    assert verdict("semantics.json-object", cut) == "untested"
    assert verdict("semantics.json-schema", lost) == "untested"
    assert verdict("semantics.json-object", listed) == "warn"


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_value_of_a_peer_makes_a_judge_fail(odd):
    """Any JSON value in any place is judged or left, never an error of the suite."""
    rows = {r.id for r in load_api("openai").requirements if r.group in {"requests", "semantics"}}
    words = ("messages", "stop", "stream", "stream_options", "response_format", "temperature", "n", "logprobs", "model")
    places = (answer(odd), answer("x", odd, odd), {"choices": odd}, {"choices": [odd], "usage": odd}, odd)
    asked = [{}, *({word: odd} for word in words), {"messages": [odd]}, {"messages": [{"role": odd, "content": odd}]}]
    heads = ((("Accept", "text/event-stream"),), (("Content-Encoding", "gzip"),))
    said: list[Any] = [(body, 200, (), ask) for body, ask in product(places, asked)]
    said += [(odd, 400, (), ask) for ask in asked] + [
        (odd, status, head, {}) for head in heads for status in (200, 400)
    ]
    cases = [exchange(i, body, status, headers=head, **ask) for i, (body, status, head, ask) in enumerate(said)]
    streams = [
        exchange(len(cases) + number, body, stream=True, stop=["x"], temperature=0)
        for number, body in enumerate(places)
    ]
    framed = [
        Exchange(f"{each.id}s", each.request, Response(200, pieces=(Piece(0.1, b"data: " + _body(each) + b"\n\n"),)))
        for each in streams
    ]
    results = judge_all(load_api("openai"), [PLAIN, *cases, *framed], base_url=BASE, selected=rows)

    assert [(r.requirement.id, r.reason) for r in results if r.verdict is Verdict.ERROR] == []


def _body(each: Exchange) -> bytes:
    return each.response.body if each.response else b""
