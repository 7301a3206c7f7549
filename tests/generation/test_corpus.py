"""What is drawn from the specifications, before anything is sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache

import pytest

from conformance.contract.load import api_ids, load_api
from conformance.exchange import jsontext
from conformance.generation.cases import parts
from conformance.generation.corpus import corpus
from conformance.generation.draft import MODEL, addressed, aimless
from conformance.generation.effort import QUOTAS, Effort
from conformance.generation.planning import costs_of
from conformance.generation.texts import SAMPLES
from conformance.probes.plan import rehearsed
from conformance.probes.target import pointed

every_api = pytest.mark.parametrize("api", api_ids())
CHATS = {"cloud-temple": "createChatCompletion", "multi-llm": "generate", "openai": "createChatCompletion"}
CONSTANTS = "PECULIAR = 271828182845904, 'llm-conformance-peculiar-constant', 0.57721566490153286\n"
DIGEST = """
import sys
sys.path.insert(0, {folder!r})
import peculiar
from dataclasses import replace
from conformance.contract.load import load_api
from conformance.generation.corpus import corpus
from conformance.generation.draft import aimless
from conformance.generation.effort import Effort
print(corpus(replace(aimless(load_api("genos")), configure=True), Effort.STANDARD, {seed}).digest)
"""


def target_of(api):
    known = load_api(api)
    groups = frozenset(operation.optional for operation in known.operations if operation.optional)
    return replace(aimless(known), configure=True, optional=groups)


@cache
def drawn(api, effort=Effort.STANDARD, seed=0):
    return corpus(target_of(api), effort, seed)


def of_kind(api, kind):
    return [case for case in drawn(api).cases if case.kind == kind]


@every_api
def test_valid_requests_are_documented(api):
    """A valid request is one JSON text of the request schema; all but those said to be beyond it are promised."""
    schemas, cases = load_api(api).schemas, of_kind(api, "valid")
    assert cases
    for case in (each for each in cases if each.draft.body is not None):
        operation = load_api(api).operation(case.operation)
        assert schemas.problem(operation.request_schema, case.draft.body) is None, case.label
        if not case.label.startswith("beyond"):
            assert schemas.problem(operation.promise, case.draft.body) is None, case.label


@every_api
def test_invalid_requests_are_not_promised(api):
    """An invalid request is no JSON, unusual JSON, declared otherwise, or not of what is promised."""
    schemas, cases = load_api(api).schemas, of_kind(api, "invalid")
    assert cases
    for case in (each for each in cases if each.draft.body is not None):
        operation = load_api(api).operation(case.operation)
        text = jsontext.parse(case.draft.text)
        odd = not text.ok or text.duplicate_keys or text.lone_surrogates or case.draft.media_type or case.draft.method
        assert odd or not schemas.valid(operation.promise, text.value) or len(case.draft.text) > 900, case.label


@every_api
def test_cases_are_different_and_labelled(api):
    """No two cases of a part say the same, and each says what is special about it."""
    for part in parts(target_of(api)):
        scripts = [case.script for case in drawn(api).cases if case.part == part]
        assert scripts
        assert len(set(scripts)) == len(scripts)
    assert all(case.label for case in drawn(api).cases)


@every_api
def test_quotas_hold(api):
    """No operation has more cases of a kind than the quota says."""
    quota = QUOTAS[Effort.STANDARD]
    for operation, kind in parts(target_of(api)):
        found = [case for case in drawn(api).cases if case.part == (operation, kind)]
        most = {"valid": quota.valid, "invalid": quota.invalid, "sequence": quota.sequences}[kind]
        assert 1 <= len(found) <= most


@pytest.mark.parametrize(("api", "operation"), CHATS.items())
def test_text_of_every_kind_is_sent(api, operation):
    """Each kind of text is asked, both ways where the operation can stream."""
    labels = {case.label for case in of_kind(api, "valid") if case.operation == operation}
    streams = load_api(api).operation(operation).streams == "on-request"
    assert set(SAMPLES) <= labels
    assert {f"{kind}, streamed" for kind in SAMPLES if streams} <= labels


@pytest.mark.parametrize(("api", "operation"), CHATS.items())
def test_every_promised_field_is_sent(api, operation):
    """Each field of a promised request is in some valid request, each number at both of its ends."""
    known = load_api(api)
    bodies = [case.draft.body for case in of_kind(api, "valid") if case.operation == operation]
    schema = known.openapi["components"]["schemas"][known.operation(operation).promised]
    for name, field in schema["properties"].items():
        said = [body[name] for body in bodies if name in body]
        assert said, name
        capped = name.startswith("max_") or field.get("type") not in {"number", "integer"}
        ends = {field[end] for end in ("minimum", "maximum") if end in field}
        assert capped or ends <= set(said), name


@every_api
def test_requests_are_capped(api):
    """A valid request that generates costs few output tokens, and never as much as one without a cap."""
    known = replace(target_of(api), model="m", embedding_model="m")
    for case in of_kind(api, "valid"):
        call = addressed(case.draft, known)
        operation = known.api.operation(case.operation)
        if "max_tokens" in operation.request:
            assert 1 <= call.tokens <= 16, case.label


@every_api
def test_requests_name_the_model_in_use(api):
    """What stands for the model is nowhere left in a request to a target."""
    known = replace(target_of(api), model='a "model" of theirs', embedding_model="theirs-too")
    for case in drawn(api).cases:
        for call in calls_of(case, known):
            assert MODEL not in call.url
            assert MODEL.encode() not in call.body


def calls_of(case, target):
    """Return the calls of a case to which nothing is answered."""
    calls = []
    under_way = case.start(target)
    try:
        call = next(under_way)
        while True:
            calls.append(call)
            call = under_way.send(rehearsal(call))
    except StopIteration:
        return calls


def rehearsal(call):
    from conformance.exchange.model import Ending, Exchange, Request

    return Exchange("", Request(call.method, call.url), ending=Ending.REFUSED)


def test_models_that_take_other_words_are_asked_in_those():
    """A model that wants the newer cap, no temperature and room to think gets all three."""
    known = replace(target_of("openai"), model="m", cap="max_completion_tokens", cool=False, thinks=True)
    for case in of_kind("openai", "valid"):
        if case.operation == "createChatCompletion":
            body = json.loads(addressed(case.draft, known).body)
            assert "max_tokens" not in body
            assert body.get("temperature", 1) == 1
            cap = case.draft.body.get("max_tokens", case.draft.body.get("max_completion_tokens"))
            assert body["max_completion_tokens"] == (cap + 256 if cap > 5 else cap)


def test_plan_counts_what_is_sent():
    """The plan has the requests and tokens of each part, and those of making cases small apart."""
    known = replace(target_of("openai"), model="a-model")
    costs = {cost.probe: cost for cost in costs_of(drawn("openai"), known)}
    single = [case for case in drawn("openai").cases if case.part == ("createChatCompletion", "valid")]
    assert costs["createChatCompletion.valid"].requests == len(single)
    tokens = sum(rehearsed(case.start(known))[1] for case in single)
    assert costs["createChatCompletion.valid"].output_tokens == tokens > 0
    quota = QUOTAS[Effort.STANDARD]
    assert costs["shrinking"].requests == quota.shrunk * quota.shrinking


def test_smoke_draws_nothing():
    """The least effort sends the fixed probes only."""
    assert drawn("openai", Effort.SMOKE).cases == ()


def test_another_seed_draws_other_requests():
    """The seed decides what is drawn beside the boundaries."""
    assert drawn("genos").digest != drawn("genos", seed=1).digest


def test_deployments_are_changed_only_where_that_is_allowed():
    """Without the flag no case changes the deployment; with it, such cases run alone."""
    allowed = {case.operation for case in drawn("multi-llm").cases if case.alone}
    assert allowed == {"configureModel", "configureLoadBalancing"}
    without = corpus(replace(target_of("multi-llm"), configure=False), Effort.STANDARD, 0)
    assert not allowed & {case.operation for case in without.cases}


def test_changes_spare_the_model_in_use_and_are_undone():
    """Configurations are tried on another model than the one in use, the documented one last; else not at all."""
    known = replace(target_of("multi-llm"), model="used", models=("used", "spare"))
    (case,) = [case for case in drawn("multi-llm").cases if case.operation == "configureModel"]
    calls = calls_of(case, known)
    assert len(calls) > 10
    assert all("/spare" in call.url for call in calls)
    documented = load_api("multi-llm").openapi["components"]["examples"]["ModelConfiguration"]["value"]
    assert json.loads(calls[-1].body) == documented
    assert calls_of(case, replace(known, models=("used",))) == []


def test_same_seed_draws_the_same_everywhere(tmp_path):
    """Neither the hash seed, the folder, nor the modules that are loaded change what a seed draws."""
    (tmp_path / "peculiar.py").write_text(CONSTANTS)
    script = DIGEST.format(folder=str(tmp_path), seed=0)
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
        ).stdout.strip()
        for hash_seed, folder in (("1", tmp_path), ("2", tmp_path.parent))
    }
    assert digests == {drawn("genos").digest}


@every_api
def test_texts_stand_where_a_server_reads_them(api):
    """A generated text is in the messages, the prompt or the input of its request."""
    known = load_api(api)
    for operation in (o for o in known.operations if o.effect == "generate" and o.kind != "transcription"):
        emoji = [case.draft.body for case in of_kind(api, "valid") if case.part == (operation.id, "valid")]
        words = [w for w in ("messages", "prompt", "input") if w in operation.request] or ["query"]
        held = [pointed(body, operation.request.get(word, f"/{word}")) for body in emoji for word in words]
        assert SAMPLES["emoji"][0] in json.dumps(held, ensure_ascii=False)
