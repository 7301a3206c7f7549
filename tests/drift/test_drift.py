"""Recordings of an unchanged server show no drift; what a server does otherwise has a name and a place."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import jsonschema
import pytest
from playing import collector

from conformance.contract.load import api_ids, data, load_api
from conformance.drift.cases import sorted_out, steady
from conformance.drift.comparing import What, changes
from conformance.drift.folder import merged
from conformance.drift.profile import profile
from conformance.drift.report import document, drift
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path
from conformance.report import Exit
from conformance.run import execute
from conformance.settings import runs

NOWHERE = "http://127.0.0.1:1"


def played(api, *deviations, rows=(), seed=0, latency=0.0):
    """Return the cases of a run that is played in this process."""
    app = application(Settings(apis=(api,), deviations=deviations, latency=latency))
    with runs([api], target=NOWHERE + base_path(api), key=DEFAULT_KEY, configure=True, seed=seed) as (run,):
        wanted = set(rows) or {row.id for row in run.api.requirements}
        _, exchanges = execute(run, wanted, collector=collector(app))
        return sorted_out(run.api, exchanges.values(), run.target.base_url)


stored = cache(played)


@pytest.mark.parametrize("api", api_ids())
def test_an_unchanged_server_shows_no_drift(api):
    """A second recording of a server, with another seed and slower, shows no drift, even strictly."""
    found = drift(load_api(api), stored(api), played(api, seed=7, latency=0.05), strict=True)

    assert (found.turns, found.changed, found.new, found.missing) == ((), (), (), ())
    assert found.compared == len(stored(api)) > 40
    assert found.exit_status is Exit.CONFORMANT


DEVIATIONS = {
    "error-with-status-200": ("errors.status", ("status", "", What.STATUS)),
    "chat-indices-from-one": ("chat.indices", None),
    "malformed-json-repaired": ("errors.malformed-json", ("status", "", What.STATUS)),
    "answer-wrapped": ("chat.shape", ("answer", "/result", What.ADDED)),
    "null-beside-calls-refused": ("tools.call-without-content", ("status", "", What.STATUS)),
    "system-parts-refused": ("requests.system-parts", ("status", "", What.STATUS)),
    "long-prompt-without-code": ("errors.context-code", ("error", "/error/code", What.TYPE)),
    "embeddings-route-missing": ("embeddings.offered", ("status", "", What.STATUS)),
    "choices-only-one-streamed": ("choices.streamed", None),
    "stop-ignored-in-streams": ("semantics.stop-stream", None),
    "answer-created-in-thousandths": ("chat.shape", None),
    "completions-first-token-likely": ("completions.echo-logprobs", None),
}


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_a_deviation_shows_as_the_requirement_it_breaks_and_where(deviation):
    """What a server came to do otherwise is told as the requirement, and as the place where messages changed."""
    requirement, change = DEVIATIONS[deviation]
    api = load_api("openai")
    found = drift(api, stored("openai"), played("openai", deviation, rows=[requirement, "chat.offered"]))

    assert requirement in {turn.requirement.id for turn in found.turns}
    assert change is None or change in {(c.place, c.path, c.what) for c, _ in found.changed}
    schema = json.loads((data("specs") / "drift.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document(found))


def test_only_a_must_that_is_newly_broken_fails():
    """A should that turned is shown and fails only strictly; a must that was broken before is no drift."""
    api, broken = load_api("openai"), played("openai", "chat-indices-from-one", rows=["chat.indices"])
    should = played("openai", "system-parts-refused", rows=["requests.system-parts"])
    before = {name: stored("openai")[name] for name in should}

    assert drift(api, before, should).exit_status is Exit.CONFORMANT
    assert drift(api, before, should, strict=True).exit_status is Exit.BROKEN
    assert drift(api, {n: stored("openai")[n] for n in broken}, broken).exit_status is Exit.BROKEN
    assert drift(api, broken, broken).exit_status is Exit.CONFORMANT


def test_what_was_not_recorded_again_is_not_green():
    """Stored cases that were not recorded again leave the comparison inconclusive."""
    cases = dict(stored("genos"))
    fewer = dict(list(cases.items())[:3])

    assert drift(load_api("genos"), fewer | {"listModels-gone": cases["listModels-discovery"]}, fewer).missing
    assert drift(load_api("genos"), cases, fewer).exit_status is Exit.INCONCLUSIVE
    assert drift(load_api("genos"), cases, {}).exit_status is Exit.INCONCLUSIVE


def answer(body, headers=(("content-type", "application/json"),), status=200, ending=Ending.COMPLETE):
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("POST", "http://host/v1/chat/completions", (), b"{}")
    return Exchange("x.1", request, Response(status, headers=headers, pieces=(Piece(0.1, said),)), ending)


def stream(*events):
    text = b"".join(
        b"data: %b\n\n" % (each if isinstance(each, bytes) else json.dumps(each).encode()) for each in events
    )
    return answer(text, (("content-type", "text/event-stream"),))


def changed(before, now):
    return {(c.place, c.path, str(c.what)) for c in changes(profile([before]), profile([now]))}


CHUNK = {"id": "chatcmpl-1a2b3c4d5e", "choices": [{"delta": {"content": "a"}}]}
LAST = {"id": "chatcmpl-1a2b3c4d5e", "choices": [{"delta": {}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"a": 1}, {"a": 2}, set()),
        ({"a": 1}, {"a": "1"}, {("answer", "/a", "type")}),
        ({"a": 1.5}, {"a": 1}, set()),
        ({"created": 17}, {"created": 17.5}, {("answer", "/created", "type")}),
        ({"a": 1}, {}, {("answer", "/a", "gone")}),
        ({}, {"a": {"b": 1}}, {("answer", "/a", "added")}),
        ({"a": []}, {"a": [{"b": 1}]}, set()),
        ({"a": [{"b": 1}]}, {"a": []}, set()),
        ({"a": [{"b": 1}]}, {"a": [{"b": None}, {"b": 2}]}, {("answer", "/a/*/b", "type")}),
        ({"id": "chatcmpl-1a2b3c4d5e"}, {"id": "chatcmpl-99ffee0011"}, set()),
        ({"id": "chatcmpl-1a2b3c4d5e"}, {"id": "gen-99ffee0011"}, {("answer", "/id", "form")}),
        ({"finish_reason": "stop"}, {"finish_reason": "end_turn"}, {("answer", "/finish_reason", "value")}),
        ({"content": "stop"}, {"content": "end"}, set()),
        ({"by_model": {"small": 1}}, {"by_model": {"large": 2}}, set()),
        ({"by_model": {}}, {"by_model": {"large": 1}}, set()),
        ({"u": {"2026-01-01": 1}}, {"u": {"2026-01-02": 2}}, set()),
        (b"{}", b"<html>", {("answer", "", "type")}),
    ],
)
def test_bodies_are_compared_by_shape(before, now, expected):
    """Types, members, words of a choice and forms of ids are compared, by pointer; other values are not."""
    assert changed(answer(before), answer(now)) == expected


def test_headers_are_compared_by_name_and_kind():
    """A header that came, went or has another kind of value is drift; its value, and those of the moment, are not."""
    old = (("Content-Type", "application/json"), ("x-left", "3"), ("x-old", "a"), ("Date", "now"))
    new = (("content-type", "text/html"), ("X-Left", "soon"), ("x-new", "a"))

    assert changed(answer({}, old), answer({}, new)) == {
        ("answer header", "content-type", "value"),
        ("answer header", "x-left", "type"),
        ("answer header", "x-new", "added"),
        ("answer header", "x-old", "gone"),
    }
    assert changed(answer({}, old), answer({}, (*old[:1], ("X-Left", "4"), *old[2:3]))) == set()


def test_streams_are_compared_by_kinds_of_events_and_their_order():
    """A kind of event that came, went or moved is drift; how many there are of it is not."""
    usual = stream(CHUNK, LAST, b"[DONE]")

    assert changed(usual, stream(CHUNK, CHUNK, CHUNK, LAST, b"[DONE]")) == set()
    assert changed(usual, stream(CHUNK, LAST)) == {("stream", "[DONE]", "gone")}
    assert changed(usual, stream(LAST, CHUNK, b"[DONE]")) == {("stream", "/choices/*/finish_reason", "order")}
    assert ("stream", "/usage", "added") in changed(usual, stream(CHUNK, LAST, {"id": "x", "usage": {}}, b"[DONE]"))
    assert changed(usual, answer(CHUNK)) == {("answer header", "content-type", "value")}


def test_statuses_are_compared_by_place_in_the_case():
    """A status that changed and an answer that breaks off are drift; one that was tried again is not."""
    assert changed(answer({}), answer({}, status=500)) == {("status", "", "status")}
    assert changed(answer({}), answer({}, ending=Ending.CUT_SHORT)) == {("status", "", "status")}
    assert changes(profile([answer({})]), profile([answer({}, status=429), answer({})])) == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff\x00", b"[" * 5000, b'{"a":"\\ud800"}', b"1e999", b'{"":{"/":{"~":[]}}}', b"data: \xff\n\n"]
)
@pytest.mark.parametrize("media", ["application/json", "text/event-stream", "\x00"])
def test_any_bytes_can_be_compared(body, media):
    """Whatever came back, comparing raises nothing, and finds no drift to itself."""
    said = answer(body, (("Content-Type", media), ("x", "\udcff"), ("content-encoding", "gzip")))
    assert changed(said, said) == set()
    changed(answer({"a": 1}), said)


def test_the_list_keeps_what_it_says_of_other_recordings():
    """Sections of the same name are replaced, others and their comments stay, new ones follow."""
    text = "# head\n\n[a]\n# why\nkeeps = []\n\n[b]\nkeeps = []\n"
    assert merged(text, {"b": '[b]\nkeeps = ["x"]\n', "c": "[c]\nkeeps = []\n"}) == (
        '# head\n\n[a]\n# why\nkeeps = []\n\n[b]\nkeeps = ["x"]\n\n[c]\nkeeps = []\n'
    )


def test_times_are_cut_off_to_a_hundredth_of_a_second():
    """What is kept says of no piece that it came later than it did, nor much earlier."""
    said = steady(
        replace(answer({}), seconds=1.239, response=Response(200, pieces=(Piece(0.019, b"a"), Piece(1.2, b"b"))))
    )
    assert (said.seconds, [piece.at for piece in said.response.pieces]) == (1.23, [0.01, 1.2])
