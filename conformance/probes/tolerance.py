"""Requests in the forms that OpenAI's reference allows beside the plainest one, each form alone."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from conformance.probes.asking import ask
from conformance.probes.registry import probe
from conformance.probes.target import placed, written

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

FEW = 6
"""Output tokens where the answer's words do not matter."""
RULES = "You are a patient teacher of small children and you answer every question with one single word."
TOLD = "Snow is white because each of its many tiny crystals scatters all of the light that falls on it."
UNCAPPED = "Count from one to twenty in words, separated by commas."

NULLABLE = (
    *("temperature", "top_p", "n", "stream", "stream_options", "stop", "max_tokens", "max_completion_tokens"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "metadata", "store"),
)
"""Words whose values may be null in OpenAI's reference, and mean then what they mean where they are absent."""

Messages = list[dict[str, Any]]


def word(named: str) -> str:
    """Return a prompt that asks for one word, another in each request, so that mixed-up answers can be told apart."""
    return f"Reply with the single word: {named}"


def whole_chats(target: Target) -> list[Operation]:
    """Return the chat operations that answer in whole."""
    return [operation for operation in target.of_kind("chat") if operation.streams != "always"]


@probe()
def tolerance_talk(target: Target) -> Calls:
    """Sends one conversation as plain text, then with another role, with text parts, with names."""
    for operation in whole_chats(target):
        for messages in (
            _talk("kestrel"),
            _talk("lantern", first="developer"),
            _talk("marzipan", parts="system"),
            _talk("nutmeg", parts="assistant"),
        ):
            yield target.call(operation, ask(target, operation, messages=messages, tokens=FEW))
        for messages in (_in_parts("orchard"), _named("parsnip"), _silent("quarry"), _late("raven")):
            yield target.call(operation, ask(target, operation, messages=messages, tokens=FEW))


def _talk(named: str, *, first: str = "system", parts: str = "") -> Messages:
    turns = [(first, RULES), ("user", "Why is snow white?"), ("assistant", TOLD), ("user", word(named))]
    return [{"role": role, "content": _split(text) if role == parts else text} for role, text in turns]


def _split(text: str) -> list[dict[str, str]]:
    half = len(text) // 2
    return [{"type": "text", "text": piece} for piece in (text[:half], text[half:])]


def _in_parts(named: str) -> Messages:
    return [{"role": "user", "content": [{"type": "text", "text": f"{TOLD} "}, {"type": "text", "text": word(named)}]}]


def _named(named: str) -> Messages:
    return [{"role": "user", "name": "pupil", "content": word(named)}]


def _silent(named: str) -> Messages:
    return [
        {"role": "user", "content": "Say nothing."},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": word(named)},
    ]


def _late(named: str) -> Messages:
    return [
        {"role": "system", "content": RULES},
        {"role": "user", "content": "Why is snow white?"},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": word(named)},
    ]


@probe()
def tolerance_fields(target: Target) -> Calls:
    """Sends optional fields that ask for nothing that a server could lack."""
    for operation in whole_chats(target):
        for named, words in (
            ("saffron", {"top_p": 1, "temperature": None}),
            ("tadpole", {"presence_penalty": 0.5, "frequency_penalty": 0.5}),
            ("umbrella", {"metadata": {"suite": "llm-conformance"}, "store": False}),
            ("velvet", {"response_format": {"type": "text"}}),
        ):
            if {name for name, value in words.items() if value is not None} <= set(operation.request):
                yield target.call(operation, ask(target, operation, word(named), tokens=FEW, **words))


@probe()
def tolerance_caps(target: Target) -> Calls:
    """Caps an answer by `max_completion_tokens`, then by nothing, with null for each field that may be null."""
    for operation in whole_chats(target):
        if "max_completion_tokens" in operation.request:
            body = ask(target, operation, UNCAPPED, max_tokens=None, max_completion_tokens=1)
            yield target.call(operation, body, tokens=1)
        body = ask(target, operation, UNCAPPED)
        for name in (name for name in NULLABLE if name in operation.request):
            placed(body, operation.request[name], None)
        yield target.call(operation, body)


@probe()
def tolerance_stream_options(target: Target) -> Calls:
    """Sends stream options where there is no stream."""
    for operation in whole_chats(target):
        if "stream_options" in operation.request and operation.streams == "on-request":
            alone = ask(target, operation, word("zephyr"), tokens=1, stream_options={"include_usage": True})
            yield target.call(operation, alone)


@probe()
def tolerance_mistaken(target: Target) -> Calls:
    """Sends two fields as text that are none: the flag of a stream, the messages."""
    for operation in whole_chats(target):
        if "stream" in operation.request:
            yield target.call(operation, ask(target, operation, word("almond"), tokens=1, stream="False"))
        yield target.call(operation, {**ask(target, operation, tokens=1), "messages": word("bramble")})


@probe()
def tolerance_accept(target: Target) -> Calls:
    """Accepts another media type than that of the answer, which is a stream with empty options or none."""
    for operation in whole_chats(target):
        events = (("Accept", "text/event-stream"),)
        named = ask(target, operation, messages=_named("cobalt"), tokens=FEW)  # with a name: not the plain request
        yield target.call(operation, named, headers=events)
        if operation.streams == "on-request":
            asked = ask(target, operation, word("dahlia"), tokens=FEW, stream=True, stream_options={})
            yield target.call(operation, asked, headers=(("Accept", "application/json"),))


@probe()
def tolerance_gzip(target: Target) -> Calls:
    """Sends a body compressed with gzip."""
    for operation in whole_chats(target):
        body = gzip.compress(written(ask(target, operation, word("ermine"), tokens=FEW)), mtime=0)
        yield target.call(operation, body, headers=(("Content-Encoding", "gzip"),), tokens=FEW)
