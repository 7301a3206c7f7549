"""A bundle whose digests were mended by somebody with our code is refused for what its exchanges tell."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from making import forged

from conformance.certification import archive, verification
from conformance.certification.archive import BundleTrouble
from conformance.certification.verification import verify
from conformance.exchange.model import Piece
from conformance.report import Exit


def failed(document):
    """Return the rows of a report that failed."""
    return [row for row in document["requirements"] if row["verdict"] == "fail"]


def test_verdict_that_is_a_lie_is_refused(broken, tmp_path):
    """Somebody who mends every digest cannot make a broken promise kept: its exchange tells."""

    def kept(document):
        for row in failed(document):
            row |= {"verdict": "pass", "findings": []}
        document |= {"verdict": "conformant", "exit_status": 0}

    assert failed(json.loads(archive.unpacked(broken)[archive.REPORT]))
    with pytest.raises(BundleTrouble, match=r"usage.*report says pass, its exchanges give fail"):
        verify(forged(broken, tmp_path, report=kept))


def test_broken_promise_cannot_be_said_to_be_untested(broken, tmp_path):
    """What the exchanges show to be broken is not the run's own word."""

    def hidden(document):
        for row in failed(document):
            row |= {"verdict": "untested", "reason": "the budget of 3 requests is spent", "findings": []}
        document |= {"verdict": "inconclusive", "exit_status": 3}

    with pytest.raises(BundleTrouble, match="report says untested, its exchanges give fail"):
        verify(forged(broken, tmp_path, report=hidden))


@pytest.mark.parametrize("trouble", [None, "the target was lost"])
def test_broken_promise_cannot_be_said_to_be_lost(broken, tmp_path, trouble):
    """What was answered whole is judged, whatever is said to have become of the target."""

    def lost(document):
        document["lost"] = [finding["exchange"] for row in failed(document) for finding in row["findings"]]
        document["trouble"] = trouble

    with pytest.raises(BundleTrouble, match="a target that was lost"):
        verify(forged(broken, tmp_path, report=lost, manifest=lambda said: said.update(trouble=trouble)))


def test_finding_that_is_a_lie_is_refused(broken, tmp_path):
    """A report can say no more of a promise than its exchanges show."""

    def louder(document):
        failed(document)[0]["findings"][0]["message"] = "the server is a disgrace"

    with pytest.raises(BundleTrouble, match="findings"):
        verify(forged(broken, tmp_path, report=louder))


def test_verdict_of_the_whole_is_derived_too(broken, tmp_path):
    """The verdict follows from those on the requirements."""
    with pytest.raises(BundleTrouble, match="says conformant, its exchanges give not-conformant"):
        verify(forged(broken, tmp_path, report=lambda said: said.update(verdict="conformant", exit_status=0)))


def test_missing_requirement_is_refused(certificate, tmp_path):
    """A report cannot leave a requirement out."""
    with pytest.raises(BundleTrouble, match="lacks"):
        verify(forged(certificate, tmp_path, report=lambda said: said["requirements"].pop(0)))


def test_missing_generated_exchange_is_refused(certificate, tmp_path):
    """What was drawn was sent: an exchange that was taken out is missed."""

    def without(exchanges):
        gone = next(each.id for each in exchanges if each.id.startswith("generated.") and ".valid." in each.id)
        return [each for each in exchanges if each.id != gone]

    with pytest.raises(BundleTrouble, match="lack generated requests"):
        verify(forged(certificate, tmp_path, exchanges=without))


def test_other_request_than_the_drawn_one_is_refused(certificate, tmp_path):
    """A generated request cannot be replaced by an easier one."""

    def easier(exchanges):
        chosen = next(each for each in exchanges if ".valid." in each.id and each.request.body)
        other = replace(chosen, request=replace(chosen.request, body=chosen.request.body + b" "))
        return [other if each is chosen else each for each in exchanges]

    with pytest.raises(BundleTrouble, match="another request than its seed draws"):
        verify(forged(certificate, tmp_path, exchanges=easier))


def test_altered_answer_is_refused(certificate, tmp_path):
    """An exchange whose answer breaks a promise is judged to break it, whatever the report says."""

    def emptied(exchanges):
        return [
            replace(each, response=replace(each.response, pieces=(Piece(0.0, b"{}"),))) if each.response else each
            for each in exchanges
        ]

    with pytest.raises(BundleTrouble, match="its report says pass, its exchanges give"):
        verify(forged(certificate, tmp_path, exchanges=emptied))


def test_other_seed_is_refused(certificate, tmp_path):
    """A seed draws what it draws."""
    with pytest.raises(BundleTrouble, match="draws other requests"):
        verify(
            forged(certificate, tmp_path, lambda said: said.update(seed=1), manifest=lambda said: said.update(seed=1))
        )


def test_other_suite_is_no_forger(broken, tmp_path, monkeypatch):
    """Where another suite judged, a difference is not held against the bundle, and nothing is certain."""
    raw = forged(broken, tmp_path, report=lambda said: [row.update(verdict="pass") for row in failed(said)])
    monkeypatch.setattr(verification, "suite_digest", lambda: "0" * 64)
    found = verify(raw)
    assert found.exit_status is Exit.INCONCLUSIVE
    assert found.rejudged.differing
    assert "not the one that verifies it" in found.reason
