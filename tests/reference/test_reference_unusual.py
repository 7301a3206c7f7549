"""Deviations that only unusual requests show: wrong about those, right about all others."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from playing import Player, VirtualLoop

from conformance.contract.load import load_api
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.probes.target import Target
from conformance.reference.deviations.registry import catalogue
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path

URL = "http://127.0.0.1:1"
SECONDS = 60.0
"""Seconds of virtual time that a request may take."""
MODELS = {
    "cloud-temple": ("granite3.3:8b", "granite-embedding:278m"),
    "genos": ("/model/snapshots/9eb2daaa8597bf192a8b0e73f848f3a102794df5", ""),
    "neuroflash": ("gpt-4o-mini", ""),
    "multi-llm": ("gemini-pro", ""),
    "openai": ("reference-mini", "reference-embedding-small"),
}
CHAT = {"multi-llm": "generate"}
COMPANIONS = {"neuroflash": (("x-workspace-id", "ws"),)}
PLAIN = "Hello"
SHORT = "Reply with the single word: ok"
NOTES = {"type": "function", "function": {"name": "note", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "note", "arguments": "{}"}}
TOLD = (
    {"role": "user", "content": "Note it."},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "noted"},
)


@dataclass(frozen=True)
class Asked:
    """A request: the operation (of a chat, where none is named), what the body says, what comes with it."""

    body: Any = None
    operation: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


def chat(api, content=PLAIN, *, messages=None, stream=False, **options):
    """Return a request for a chat, with the options where the API has them."""
    said = {"model": MODELS[api][0], "messages": messages or [{"role": "user", "content": content}]}
    options = {"max_tokens": 8, **options}
    if api == "multi-llm":
        return Asked(said | {"parameters": options}, "generateStream" if stream else "generate")
    return Asked(said | options | ({"stream": True} if stream else {}), "createChatCompletion")


def embed(api, given, **options):
    return Asked({"model": MODELS[api][1], "input": given, **options}, "createEmbedding")


def complete(api, prompt, **options):
    return Asked({"model": MODELS[api][0], "prompt": prompt, "max_tokens": 8, **options}, "createCompletion")


def resaid(asked, change):
    """Return a request whose body is written otherwise; `change` is given the bytes that it has."""
    written = change(json.dumps(asked.body).encode())
    return Asked(written, asked.operation)


def replaced(old, new):
    return lambda body: body.replace(old, new)


def reordered(asked, last):
    """Return a request with this member of its body moved to the end."""
    rest = {name: value for name, value in asked.body.items() if name != last}
    return Asked(rest | {last: asked.body[last]}, asked.operation)


def long_body(api):
    text = "a" * 1_000_000
    return chat(api, text, stream=True) if api == "multi-llm" else embed(api, text)


def talk(*contents):
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]


UNUSUAL = {
    "third-answer-repeats-an-id": lambda api: [chat(api), chat(api, "Hi"), chat(api, "Good day")],
    "characters-beyond-ascii-counted-twice": lambda api: [chat(api, "Grüße")],
    "one-token-counted-as-two": lambda api: [chat(api, max_tokens=1)],
    "one-token-has-no-choices": lambda api: [chat(api, max_tokens=1)],
    "total-of-one-at-temperature-zero": lambda api: [chat(api, temperature=0)],
    "long-content-cut-off": lambda api: [chat(api, "a" * 4_097)],
    "unknown-role-after-a-tool-fails": lambda api: [chat(api, messages=[*TOLD, {"role": "judge", "content": "So?"}])],
    "talk-numbered-from-one": lambda api: [chat(api, messages=talk("a b", "c d", "e f", "g h", "i j"))],
    "quotes-not-escaped": lambda api: [chat(api, 'Say "yes".')],
    "one-character-has-no-choices": lambda api: [chat(api, "?")],
    "thai-fails": lambda api: [chat(api, "สวัสดี")],
    "whole-nucleus-with-warmth-fails": lambda api: [chat(api, top_p=1, temperature=1.5)],
    "seed-of-zero-ignored": lambda api: [chat(api, seed=0, max_tokens=12)] * 2,
    "four-stops-ignored": lambda api: [
        chat(api, "Count from one to nine.", max_tokens=40, stop=[", th", "x", "y", "z"])
    ],
    "third-choice-missing": lambda api: [chat(api, n=3)],
    "empty-part-fails": lambda api: [chat(api, [{"type": "text", "text": t} for t in ("Hello", "")])],
    "hottest-answer-free": lambda api: [chat(api, temperature=2)],
    "emoji-stream-without-done": lambda api: [chat(api, "Hello 😀", stream=True)],
    "right-to-left-stream-without-done": lambda api: [chat(api, "1. שלום", stream=True)],
    "flags-torn": lambda api: [chat(api, "Repeat exactly this text: 🇫🇷", stream=True)],
    "indented-prompt-changes-ids": lambda api: [chat(api, "\tHello", stream=True)],
    "one-token-stream-without-finish": lambda api: [chat(api, stream=True, max_tokens=1)],
    "carriage-return-torn": lambda api: [chat(api, "Hello\r\nyou", stream=True)],
    "model-last-fails": lambda api: [reordered(chat(api), "model")],
    "messages-last-fail": lambda api: [reordered(chat(api), "messages")],
    "unknown-header-changes-the-type": lambda api: [
        Asked(chat(api).body, chat(api).operation, headers=(("X-Trace", "1"),))
    ],
    "escaped-pairs-fail-outside-chats": lambda api: [complete(api, "🦊"), embed(api, "🦊")],
    "nan-fails": lambda api: [resaid(chat(api), replaced(b'"max_tokens": 8', b'"max_tokens": 8, "top_p": NaN'))],
    "lone-surrogate-fails": lambda api: [chat(api, "a\ud83ez")],
    "megabyte-hangs": lambda api: [long_body(api)],
    "repeated-name-shows-traceback": lambda api: [
        resaid(chat(api), replaced(b'"messages"', b'"model": "x", "messages"'))
    ],
    "deep-objects-fail": lambda api: [
        resaid(chat(api), replaced(b'"Hello"', b'{"a":' * 1_000 + b"1" + b"}" * 1_000)),
    ],
    "largest-seed-overflows": lambda api: [chat(api, seed=2**63 - 1)],
    "user-beyond-ascii-shows-traceback": lambda api: [chat(api, user="Zoë")],
    "most-metadata-fails": lambda api: [chat(api, metadata={f"k{n}": "v" for n in range(16)}, store=True)],
    "repeated-inputs-merged": lambda api: [embed(api, ["a b", "c d", "a b"]), embed(api, ["a b"] * 9)],
    "repeated-prompts-merged": lambda api: [complete(api, ["a b", "c d", "a b"])],
    "inputs-after-the-eighth-dropped": lambda api: [embed(api, [f"text {n}" for n in range(9)])],
    "empty-prompt-has-no-choices": lambda api: [complete(api, "")],
    "model-path-beyond-ascii-fails": lambda api: [
        Asked(None, READ[api], path={NAME[api]: "modèle"}),
    ],
    "leap-day-fails": lambda _api: [
        Asked(None, "getUsageStats", query={"start_date": "2024-02-29", "end_date": "2024-03-01"})
    ],
    "legal-long-contents-refused": lambda api: [chat(api, "a" * 2_001)],
    "legal-control-characters-refused": lambda api: [chat(api, "a\x00b")],
    "legal-lone-surrogates-refused": lambda api: [chat(api, "a\ud83ez")],
    "legal-nan-taken-for-null": lambda api: [
        resaid(chat(api, SHORT), replaced(b'"max_tokens": 8', b'"max_tokens": 8, "top_p": NaN'))
    ],
    "legal-repeated-names-refused": lambda api: [
        resaid(chat(api), replaced(b'"messages"', b'"model": "x", "messages"'))
    ],
    "legal-numbers-in-texts-taken": lambda api: [chat(api, temperature="0.5")],
    "legal-temperature-of-zero-refused": lambda api: [chat(api, temperature=0)],
    "legal-megabyte-refused": lambda api: [chat(api, "a" * 1_000_000)],
    "legal-unknown-roles-heard-as-users": lambda api: [chat(api, messages=[{"role": "judge", "content": "So?"}])],
    "legal-whole-floats-refused": lambda api: [chat(api, max_tokens=12.0)],
}
READ = {"openai": "retrieveModel", "multi-llm": "getModelStatus"}
"""The operations whose path names a model."""
NAME = {"openai": "model", "multi-llm": "model_id"}
"""What the APIs call the parameter of a path that names a model."""


def plain(api):
    """Return a plain request to each operation that any of the deviations is about."""
    found = [chat(api), chat(api, stream=True)]
    if MODELS[api][1]:
        found += [embed(api, ["one text", "another"]), complete(api, "Once upon a time")]
    if api in READ:
        found.append(Asked(None, READ[api], path={NAME[api]: MODELS[api][0]}))
    if api == "multi-llm":
        found.append(Asked(None, "getUsageStats", query={"start_date": "2024-02-28"}))
    return found


def exchanges(api, asked, *deviations):
    """Return the exchanges of requests that a server with these deviations answers, one after the other."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_played(api, asked, deviations))


async def _played(api, asked, deviations):
    known = load_api(api)
    target = Target(known, URL + base_path(api), DEFAULT_KEY, COMPANIONS.get(api, ()))
    player = Player(application(Settings(apis=(api,), deviations=deviations)), SECONDS)
    calls = [
        target.call(
            known.operation(each.operation),
            each.body if isinstance(each.body, bytes) or each.body is None else json.dumps(each.body).encode(),
            headers=each.headers,
            path=each.path,
            query=each.query,
        )
        for each in asked
    ]
    return [await player.send(call, f"unusual.{number}") for number, call in enumerate(calls)]


def broken(api, found):
    """Return the rows that these exchanges break, whatever they are worth."""
    results = judge_all(load_api(api), found, base_url=URL + base_path(api), circumstances=Circumstances())
    return {result.requirement.id for result in results if result.findings}


CASES = [(api, name) for name in UNUSUAL for api in catalogue()[name].apis]


def test_each_deviation_of_generated_traffic_is_tried_here():
    """No deviation that fixed probes do not show is left out."""
    assert {name for name, deviation in catalogue().items() if deviation.generated} <= UNUSUAL.keys()


@pytest.mark.parametrize(("api", "name"), CASES)
def test_unusual_request_breaks_exactly_what_the_deviation_names(api, name):
    """The server is right about plain requests, and wrong about the unusual one as the deviation says."""
    deviation = catalogue()[name]
    usual, unusual = plain(api), UNUSUAL[name](api)
    deviating = exchanges(api, usual + unusual, name)

    assert [exchange.status for exchange in deviating[: len(usual)]] == [200] * len(usual)
    assert broken(api, deviating[: len(usual)]) == set()
    assert broken(api, deviating) == deviation.breaks.get(api, set())


@pytest.mark.parametrize("api", MODELS)
def test_faithful_server_is_right_about_every_unusual_request(api):
    """Without a deviation no unusual request breaks anything."""
    unusual = [asked for name, ask in UNUSUAL.items() if api in catalogue()[name].apis for asked in ask(api)]

    assert broken(api, exchanges(api, plain(api) + unusual)) == set()


LEGAL = [(api, name) for name in UNUSUAL if name.startswith("legal-") for api in catalogue()[name].apis]


@pytest.mark.parametrize(("api", "name"), LEGAL)
def test_legal_variation_answers_otherwise_than_the_faithful_server(api, name):
    """A legal variation changes whether the unusual request is refused, or what it is refused with."""
    asked = UNUSUAL[name](api)
    faithful, varied = exchanges(api, asked), exchanges(api, asked, name)

    assert all(200 <= exchange.status < 500 for exchange in varied)
    assert [_said(exchange) for exchange in varied] != [_said(exchange) for exchange in faithful]


def _said(exchange):
    return exchange.status, exchange.response.body if exchange.status >= 400 else b""
