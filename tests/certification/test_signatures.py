"""A signature is whose it says, and of the statement that it stands with."""

from __future__ import annotations

import base64
import json

import pytest

from conformance.certification import archive
from conformance.certification.archive import BundleTrouble
from conformance.certification.signing import Signer, new_key
from conformance.certification.verification import verify
from conformance.usage import UsageTrouble


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
