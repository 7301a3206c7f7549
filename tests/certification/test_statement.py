"""What is said of a bundle is an in-toto statement on all of its files, and says no more than the run did."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from making import made

from conformance.certification import archive, suitefiles
from conformance.reference.server import DEFAULT_KEY
from conformance.transport.budget import Limits


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


def test_statement_is_read_by_in_totos_own_bindings(broken, certificate, signed):
    """In-toto's messages take statement and predicate without a member left over, and find nothing missing."""
    for raw in (broken, certificate, signed):
        envelope = json.loads(archive.unpacked(raw)[archive.STATEMENT])
        payload = base64.b64decode(envelope["payload"])
        said = Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement()))
        said.validate()
        told = json_format.MessageToJson(said.pb.predicate)
        predicate = json_format.Parse(told, test_result_pb2.TestResult())
        assert predicate.result in {"PASSED", "FAILED"}
        assert predicate.configuration[0].name == archive.MANIFEST


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
    members = archive.unpacked(certificate)
    everything = b"".join(members.values()) + archive.inflated(members[archive.EXCHANGES])
    assert DEFAULT_KEY.encode() not in everything
