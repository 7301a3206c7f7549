"""Bundles that are made once: of a faithful target, signed, and of one that breaks a must."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from drawnonce import drawn_once
from making import made

from conformance.certification.signing import Signer, new_key
from conformance.generation.effort import QUOTAS, Effort, Quota


@contextmanager
def drawing_few():
    """Draw few requests, even for certificates, and none of them twice."""
    quota = Quota(valid=4, invalid=4, sequences=1, shrinking=4, shrunk=2)
    with pytest.MonkeyPatch.context() as patch, drawn_once():
        patch.setitem(QUOTAS, Effort.THOROUGH, quota)
        yield


@pytest.fixture(scope="module", autouse=True)
def few():
    """Draw few requests while a module's tests run."""
    with drawing_few():
        yield


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    """A key pair: the private file, the public file."""
    private = tmp_path_factory.mktemp("keys") / "key.pem"
    return private, new_key(private)[0]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate, not signed."""
    with drawing_few():
        return made(tmp_path_factory.mktemp("made"), effort=Effort.THOROUGH)


@pytest.fixture(scope="session")
def signed(tmp_path_factory, key):
    """A signed bundle of a quick run."""
    return made(tmp_path_factory.mktemp("made"), signer=Signer(key[0]))


@pytest.fixture(scope="session")
def broken(tmp_path_factory):
    """A bundle of a target that breaks a must."""
    return made(tmp_path_factory.mktemp("made"), "generate-total-counts-prompt-twice")
