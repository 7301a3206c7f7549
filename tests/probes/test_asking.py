"""Requests are written in the words that the model in use takes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.contract.load import load_api
from conformance.probes.asking import ask
from conformance.probes.plan import plan
from conformance.probes.registry import Probe
from conformance.probes.target import THINKING, Target

TARGET = Target(load_api("openai"), "https://target.test/v1", "k", model="m", embedding_model="e")
NEWER = replace(TARGET, cap="max_completion_tokens", cool=False)
THINKS = replace(TARGET, thinks=True)


def operation(name):
    return TARGET.api.operation(name)


CHAT, COMPLETION = operation("createChatCompletion"), operation("createCompletion")


def said(target, words, to=CHAT):
    """Return the body of a request without its model and its prompt."""
    body = ask(target, to, **words)
    return {name: value for name, value in body.items() if name not in ("model", "messages", "prompt")}


@pytest.mark.parametrize(
    ("target", "words", "wanted"),
    [
        (TARGET, {"tokens": 9}, {"max_tokens": 9, "temperature": 0}),
        (TARGET, {"max_tokens": None, "max_completion_tokens": 1}, {"temperature": 0, "max_completion_tokens": 1}),
        (NEWER, {"tokens": 9}, {"max_completion_tokens": 9}),
        (NEWER, {"max_tokens": 128}, {"max_completion_tokens": 128}),
        (NEWER, {"max_tokens": None}, {}),
        (NEWER, {"max_tokens": None, "max_completion_tokens": 1}, {"max_completion_tokens": 1}),
        (NEWER, {"tokens": 9, "temperature": 1}, {"max_completion_tokens": 9, "temperature": 1}),
        (THINKS, {"tokens": 9}, {"max_tokens": 9 + THINKING, "temperature": 0}),
        (THINKS, {"max_tokens": 128}, {"max_tokens": 128 + THINKING, "temperature": 0}),
        (THINKS, {"tokens": 5}, {"max_tokens": 5, "temperature": 0}),
        (THINKS, {"max_tokens": None}, {"temperature": 0}),
        (replace(NEWER, thinks=True), {"tokens": 9}, {"max_completion_tokens": 9 + THINKING}),
    ],
)
def test_words_are_those_that_the_model_takes(target, words, wanted):
    """The cap has its newer name, the temperature is left out unless it is what is asked about, thoughts have room."""
    assert said(target, words) == wanted


@pytest.mark.parametrize("target", [TARGET, NEWER, THINKS])
def test_other_operations_are_asked_as_ever(target):
    """What a chat takes says nothing of completions and embeddings."""
    assert said(target, {"tokens": 9}, COMPLETION) == {"max_tokens": 9, "temperature": 0}
    assert ask(target, operation("createEmbedding")).keys() == {"model", "input"}


@pytest.mark.parametrize(
    ("target", "to", "tokens", "cost"),
    [
        (TARGET, CHAT, None, 9),
        (NEWER, CHAT, None, 9),
        (THINKS, CHAT, None, 9 + THINKING),
        (THINKS, CHAT, 7, 7 + THINKING),
        (THINKS, CHAT, 3, 3),
        (THINKS, COMPLETION, None, 9),
    ],
)
def test_cost_of_a_call_is_its_cap(target, to, tokens, cost):
    """What is debited is the cap that is sent, with the room for thoughts."""
    assert target.call(to, ask(target, to, tokens=9), tokens=tokens).tokens == cost


def test_uncapped_call_of_a_model_that_thinks_costs_more():
    """Where no cap is sent, what is debited has room for thoughts as well."""
    bodies = [ask(target, CHAT, max_tokens=None) for target in (TARGET, THINKS)]
    uncapped = TARGET.api.profile.caps.uncapped

    assert [TARGET.call(CHAT, bodies[0]).tokens, THINKS.call(CHAT, bodies[1]).tokens] == [uncapped, uncapped + THINKING]
    assert json.dumps(bodies[0]) == json.dumps(bodies[1])


def test_plan_says_what_thoughts_may_cost():
    """A probe's cost says apart what a model that thinks may take beside."""

    def asking(target):
        yield target.call(CHAT, ask(target, CHAT, tokens=9))
        yield target.call(CHAT, ask(target, CHAT, tokens=1))

    cost = plan(TARGET, [Probe("asking", "", asking)])[1]

    assert (cost.requests, cost.output_tokens, cost.thinking_tokens) == (2, 10, THINKING)
