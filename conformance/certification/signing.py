"""Signs statements with ed25519 keys, and checks signatures; needs the extra `sign`."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from conformance.certification.archive import BundleTrouble
from conformance.certification.statement import PAYLOAD_TYPE
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # exported all the same

_EXTRA = "pip install 'llm-conformance[sign]'"


def new_key(path: Path) -> tuple[Path, str]:
    """Write a new private key (mode 0600) and, beside it, the public one; returns the latter with its fingerprint.

    Raises:
        UsageTrouble: the extra `sign` is not installed, a file is there already or cannot be written.
    """
    _need_extra()
    from cryptography.hazmat.primitives import serialization as as_
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    beside = path.with_name(f"{path.name}.pub")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(as_.Encoding.PEM, as_.PrivateFormat.PKCS8, as_.NoEncryption())
    try:
        for file, mode, content in ((path, 0o600, private), (beside, 0o644, _pem(key.public_key()))):
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
                stream.write(content)
    except OSError as error:
        raise UsageTrouble(f"cannot write the key {error.filename or path}: {error.strerror}") from error
    return beside, _fingerprint(key.public_key())


class Signer:
    """A private key, and what strangers need to check what it signs.

    Raises:
        UsageTrouble: the extra `sign` is not installed, the file cannot be read or is no ed25519 key.
    """

    def __init__(self, path: Path) -> None:
        _need_extra()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # exported all the same

        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise UsageTrouble(f"cannot read the key {path}: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise UsageTrouble(f"{path} is no private key in PEM without a password: --new-key makes one") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UsageTrouble(f"{path} is no ed25519 key: --new-key makes one")
        self.public = _pem(key.public_key())
        """The public key in PEM."""
        self._signer: CryptoSigner = CryptoSigner(key)

    def sign(self, payload: bytes) -> list[dict[str, str]]:
        """Return the signature of a payload, as an envelope holds it."""
        from securesystemslib.dsse import Envelope

        signed = Envelope(payload, PAYLOAD_TYPE, {})
        signature = signed.sign(self._signer)
        return [{"keyid": signature.keyid, "sig": signed.to_dict()["signatures"][0]["sig"]}]


def check_signature(
    payload: bytes, signatures: Sequence[dict[str, str]], enclosed: bytes | None, given: Path | None
) -> str:
    """Check the signature of a bundle by the key that it encloses, which is the `given` one; says who signed.

    Raises:
        BundleTrouble: it is wrong, or another key's; or nothing is signed where a key is given.
        UsageTrouble: the extra `sign` is not installed, or the given key cannot be read.
    """
    if not signatures and enclosed is None:
        if given:
            raise BundleTrouble("it is not signed, so no key can tell who made it")
        return "not signed"
    if len(signatures) != 1 or enclosed is None:
        raise BundleTrouble("it has not one signature with one key")
    _need_extra()
    key = _public(enclosed)
    if key is None or _pem(key) != enclosed:
        raise BundleTrouble("its signer.pem is no ed25519 key")
    if given and _given(given) != enclosed:
        raise BundleTrouble(f"it is signed by another key than {given}: by {_fingerprint(key)}")
    _verify(payload, signatures[0], key)
    return f"signed by key {_fingerprint(key)} " + (
        f"({given})" if given else "(not checked against a key of yours: --public-key FILE)"
    )


def _verify(payload: bytes, signature: dict[str, str], key: Ed25519PublicKey) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]  # exported all the same

    known = SSlibKey.from_crypto(key)
    form = {"payload": "", "payloadType": PAYLOAD_TYPE, "signatures": [dict(signature)]}
    try:
        signed = Envelope.from_dict(form)
        signed.payload = payload
        signed.verify([known], 1)
    except (VerificationError, ValueError, KeyError, TypeError) as error:
        raise BundleTrouble("its signature is wrong: the statement or the signature was altered") from error
    if signed.to_dict()["signatures"][0] != signature:
        raise BundleTrouble("its signature is not written as the suite writes it")


def _public(pem: bytes) -> Ed25519PublicKey | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _given(path: Path) -> bytes:
    try:
        key = _public(path.read_bytes())
    except OSError as error:
        raise UsageTrouble(f"cannot read the key {path}: {error.strerror}") from error
    if key is None:
        raise UsageTrouble(f"{path} is no public ed25519 key in PEM")
    return _pem(key)


def _pem(key: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _fingerprint(key: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return f"SHA256:{hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


def _need_extra() -> None:
    try:
        import cryptography.hazmat  # noqa: F401
        import securesystemslib.dsse  # noqa: F401
    except ImportError as error:
        raise UsageTrouble(f"signatures need the extra sign: {_EXTRA}") from error
