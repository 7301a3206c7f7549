"""A certificate is verified by judging its exchanges again; what was altered or forged is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from making import forged, made

from conformance.certification import archive, suitefiles, verification
from conformance.certification.archive import BundleTrouble
from conformance.certification.signing import Signer, new_key
from conformance.certification.verification import verify
from conformance.contract.load import load_api
from conformance.exchange.model import Piece
from conformance.generation import corpus as drawing
from conformance.generation.effort import QUOTAS, Effort, Quota
from conformance.report import Exit
from conformance.reporters.terminal import render
from conformance.transport.budget import Limits
from conformance.usage import UsageTrouble


@pytest.fixture(scope="module", autouse=True)
def few():
    """Draw few requests, even for certificates."""
    quota = Quota(valid=4, invalid=4, sequences=1, shrinking=4, shrunk=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(QUOTAS, Effort.THOROUGH, quota)
        known = {}

        def once(target, effort, seed, source=None):
            key = target.api.id, target.configure, effort, seed
            if key not in known:
                known[key] = drawn(target, effort, seed, source)
            return known[key]

        drawn = drawing.corpus
        patch.setattr(drawing, "corpus", once)
        yield


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """A key pair: the private file, the public file."""
    private = tmp_path_factory.mktemp("keys") / "key.pem"
    return private, new_key(private)[0]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate, not signed."""
    return made(tmp_path_factory.mktemp("made"), effort=Effort.THOROUGH)


@pytest.fixture(scope="module")
def signed(tmp_path_factory, key):
    """A signed bundle of a quick run."""
    return made(tmp_path_factory.mktemp("made"), signer=Signer(key[0]))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A bundle of a target that breaks a must."""
    return made(tmp_path_factory.mktemp("made"), "generate-total-counts-prompt-twice")


def failed(document):
    """Return the rows of a report that failed."""
    return [row for row in document["requirements"] if row["verdict"] == "fail"]


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
    from conformance.reporters.console import Console

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


def test_signature_is_whose_it_says(signed, key, tmp_path):
    """The signature is checked by the key that is given, and said not to be where none is."""
    assert "not checked against a key of yours" in verify(signed).signature
    assert verify(signed, key[1]).signature.startswith("signed by key SHA256:")
    other = new_key(tmp_path / "other")[0]
    with pytest.raises(BundleTrouble, match="signed by another key"):
        verify(signed, other)


def test_signature_of_another_statement_is_refused(signed, certificate):
    """A signature belongs to its statement."""
    members, others = archive.unpacked(signed), json.loads(archive.unpacked(certificate)[archive.STATEMENT])
    envelope = json.loads(members[archive.STATEMENT])
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["predicate"]["url"] = "http://127.0.0.1:2/api/llm"
    encoded = json.dumps(payload, indent=1, sort_keys=True).encode() + b"\n"
    assert others["signatures"] == []
    envelope["payload"] = base64.b64encode(encoded).decode()
    members[archive.STATEMENT] = json.dumps(envelope, indent=1, sort_keys=True).encode() + b"\n"
    with pytest.raises(BundleTrouble, match="signature is wrong"):
        verify(archive.packed(members))


def test_unsigned_bundle_does_not_pass_for_a_signed_one(signed, certificate, key):
    """Where a key is given, a bundle that is not signed is refused; so is one that lost its signature."""
    with pytest.raises(BundleTrouble, match="not signed"):
        verify(certificate, key[1])
    members = archive.unpacked(signed)
    envelope = json.loads(members[archive.STATEMENT]) | {"signatures": []}
    members[archive.STATEMENT] = json.dumps(envelope, indent=1, sort_keys=True).encode() + b"\n"
    with pytest.raises(BundleTrouble, match="one signature"):
        verify(archive.packed(members))


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_said_to_be_none(signed, tmp_path, content):
    """A file that is no key is the user's to mend."""
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(UsageTrouble, match="no public ed25519 key"):
        verify(signed, file)
    with pytest.raises(UsageTrouble, match="no private key"):
        Signer(file)


def test_new_key_is_private_and_overwrites_nothing(key):
    """The private key is for its owner's eyes only; a key that is there stays."""
    assert key[0].stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageTrouble, match="cannot write"):
        new_key(key[0])


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


def test_statement_is_the_in_toto_one(broken, certificate):
    """The statement has the members that in-toto's test-result predicate names, and every file for a subject."""
    for raw, result in ((broken, "FAILED"), (certificate, "PASSED")):
        members = archive.unpacked(raw)
        envelope = json.loads(members[archive.STATEMENT])
        said = json.loads(base64.b64decode(envelope["payload"]))
        assert envelope["payloadType"] == "application/vnd.in-toto+json"
        assert said["_type"] == "https://in-toto.io/Statement/v1"
        assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
        assert said["predicate"]["result"] == result
        assert bool(said["predicate"]["failedTests"]) is (result == "FAILED")
        digests = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
        own = {name: sha256(content).hexdigest() for name, content in members.items() if name != archive.STATEMENT}
        assert digests == own


def test_inconclusive_run_has_not_passed(tmp_path):
    """A statement has no word for what is inconclusive: it has not passed."""
    raw = made(tmp_path, limits=Limits(requests=40))
    payload = json.loads(archive.unpacked(raw)[archive.STATEMENT])["payload"]
    said = json.loads(base64.b64decode(payload))["predicate"]
    assert said["result"] == "FAILED"
    assert said["failedTests"] == []
    assert said["configuration"][0]["annotations"] == {"verdict": "inconclusive"}


def test_suite_digest_is_of_files_that_judge():
    """The digest is of the package and the specifications, and stays while they do."""
    first = suitefiles.suite_digest()
    suitefiles.suite_digest.cache_clear()
    assert suitefiles.suite_digest() == first
    assert len(first) == 64


def test_secrets_are_not_in_the_bundle(certificate):
    """What was recorded is redacted: the key is nowhere in the bundle."""
    from conformance.reference.server import DEFAULT_KEY

    members = archive.unpacked(certificate)
    everything = b"".join(members.values()) + archive.inflated(members[archive.EXCHANGES])
    assert DEFAULT_KEY.encode() not in everything
