"""A certificate is verified by judging its exchanges again; an altered byte is refused."""

from __future__ import annotations

import pytest
from making import made

from conformance.certification import archive, verification
from conformance.certification.archive import BundleTrouble
from conformance.certification.verification import verify
from conformance.contract.load import load_api
from conformance.report import Exit
from conformance.reporters.console import Console
from conformance.reporters.terminal import render
from conformance.transport.budget import Limits


def test_certificate_is_verified(certificate):
    """A faithful target's bundle is a certificate, and all its verdicts are derived or said not to be."""
    found = verify(certificate)
    assert (found.exit_status, found.report.verdict, found.reason) == (Exit.CONFORMANT, "conformant", "")
    assert found.rejudged.differing == found.rejudged.unsent == found.rejudged.flagged == {}
    assert "stream.incremental" in found.rejudged.noted
    assert found.rejudged.derived + len(found.rejudged.noted) == len(load_api("multi-llm").requirements)
    assert verification.is_own(found.manifest)
    assert found.changed == ()
    assert found.drawn.startswith("41 of 41 generated cases")
    assert found.signature == "not signed"


def test_bundles_of_one_run_are_equal(certificate, signed):
    """A bundle is written again byte for byte of its files."""
    for raw in (certificate, signed):
        assert archive.packed(archive.unpacked(raw)) == raw


def test_report_of_a_bundle_is_printed(certificate, capsys):
    """What is verified is a report like any other."""
    render(verify(certificate).report, Console(), verbose=False)
    assert "multi-llm: conformant" in capsys.readouterr().out


def test_quick_run_is_no_certificate(signed):
    """A run that draws nothing is evidence, and says why it is no certificate."""
    found = verify(signed)
    assert found.exit_status is Exit.INCONCLUSIVE
    assert "effort smoke" in found.reason


def test_broken_promise_is_verified(broken):
    """A bundle of a target that breaks a must is verified to say so."""
    found = verify(broken)
    assert (found.exit_status, found.report.exit_status) == (Exit.BROKEN, Exit.BROKEN)
    assert found.rejudged.differing == {}


@pytest.mark.parametrize("api", ["cloud-temple", "genos", "neuroflash", "openai"])
def test_every_api_is_derived_from_its_exchanges(api, tmp_path):
    """Of every API, all verdicts are given again by the recorded exchanges, flags on or off."""
    found = verify(made(tmp_path, api=api, configure=False))
    assert found.rejudged.differing == found.rejudged.unsent == {}
    assert len(found.rejudged.noted) <= 4


def test_flags_are_kept(tmp_path):
    """What a flag of the run did not allow is told apart."""
    found = verify(made(tmp_path, configure=False))
    assert "config-model.offered" in found.rejudged.flagged
    assert found.rejudged.differing == {}


def test_spent_budget_is_the_runs_own_word(tmp_path):
    """What was not sent is by the run's own word, and the bundle is no certificate."""
    found = verify(made(tmp_path, limits=Limits(requests=40)))
    assert found.rejudged.unsent
    assert found.rejudged.differing == {}
    assert set(found.rejudged.unsent.values()) == {"the budget of 40 requests is spent"}
    assert found.exit_status is Exit.INCONCLUSIVE


def test_altered_bytes_are_refused(signed, certificate):
    """Twenty-five bytes each of a signed and an unsigned bundle, spread over it: none can be changed."""
    for raw in (signed, certificate):
        for number in range(25):
            altered = bytearray(raw)
            altered[number * (len(raw) - 1) // 24] ^= 1 << number % 8
            with pytest.raises(BundleTrouble):
                verify(bytes(altered))


@pytest.mark.parametrize("name", sorted(archive.NEEDED | {archive.SIGNER}))
def test_altered_file_is_named(signed, name):
    """A file that was changed, with the zip file mended, is named."""
    members = archive.unpacked(signed)
    content = bytearray(members[name])
    content[len(content) // 2] ^= 1
    members[name] = bytes(content)
    with pytest.raises(BundleTrouble, match=name if name != archive.STATEMENT else "statement|altered"):
        verify(archive.packed(members))
