"""Says what a run found as an in-toto statement in a DSSE envelope (https://in-toto.io/attestation/test-result/v0.1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from conformance.certification.archive import MANIFEST, STATEMENT, BundleTrouble
from conformance.certification.manifest import decoded, encoded
from conformance.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.storedreport import Stored

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_TESTS = {"passedTests": Verdict.PASS, "warnedTests": Verdict.WARN, "failedTests": Verdict.FAIL}


def statement(members: Mapping[str, bytes], manifest: Mapping[str, Any], stored: Stored) -> bytes:
    """Return the statement on the files of a bundle, itself apart.

    Its vocabulary has no word for a run that is inconclusive: whatever is not conformant has not PASSED, and is FAILED;
    the verdict itself stands in the annotations of the manifest.
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items() if name != STATEMENT}
    named = {
        name: sorted(row.id for row in stored.requirements.values() if row.verdict is verdict)
        for name, verdict in _TESTS.items()
    }
    passed = "WARNED" if named["warnedTests"] else "PASSED"
    suite = manifest["suite"]
    configuration = [
        {"name": MANIFEST, "digest": {"sha256": digests[MANIFEST]}, "annotations": {"verdict": manifest["verdict"]}},
        {"uri": f"pkg:pypi/llm-conformance@{suite['version']}", "digest": {"sha256": suite["digest"]}},
    ]
    predicate: dict[str, Any] = {
        "result": passed if manifest["verdict"] == "conformant" else "FAILED",
        "configuration": configuration,
        "url": manifest["target"],
        **named,
    }
    return encoded(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(digests.items())],
            "predicateType": _PREDICATE,
            "predicate": predicate,
        }
    )


def envelope(payload: bytes, signatures: Sequence[Mapping[str, str]] = ()) -> bytes:
    """Return the DSSE envelope of a statement (https://github.com/secure-systems-lab/dsse), signed or not."""
    return encoded(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [dict(each) for each in signatures],
        }
    )


def opened(raw: bytes) -> tuple[bytes, list[dict[str, str]]]:
    """Return the payload of an envelope and its signatures, none of them checked.

    Raises:
        BundleTrouble: it is no such envelope, or could be written otherwise.
    """
    document = decoded(raw, STATEMENT)
    try:
        payload = base64.b64decode(document["payload"], validate=True)
        signatures = [{"keyid": str(each["keyid"]), "sig": str(each["sig"])} for each in document["signatures"]]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BundleTrouble(f"its {STATEMENT} is no DSSE envelope") from error
    if envelope(payload, signatures) != raw:
        raise BundleTrouble(f"its {STATEMENT} is not written as the suite writes it")
    return payload, signatures


def check_subjects(payload: bytes, members: Mapping[str, bytes]) -> None:
    """Check that a statement names each file of a bundle by its digest.

    Raises:
        BundleTrouble: a file is not the one that the statement is on.
    """
    document = decoded(payload, "statement")
    try:
        said = {each["name"]: each["digest"]["sha256"] for each in document["subject"]}
    except (KeyError, TypeError) as error:
        raise BundleTrouble(f"its {STATEMENT} holds no in-toto statement") from error
    for name in sorted(members.keys() - {STATEMENT}):
        if said.get(name) != hashlib.sha256(members[name]).hexdigest():
            raise BundleTrouble(f"its {name} was altered: it has not the digest that the statement gives it")
