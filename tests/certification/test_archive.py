"""A bundle is a zip file that can be written in one way only, so no byte of it can be changed unseen."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from conformance.certification import archive
from conformance.certification.archive import BundleTrouble, inflated, packed, unpacked

MEMBERS = {name: f"content of {name}\n".encode() * 3 for name in archive.NEEDED}
RAW = packed(MEMBERS)


def written(*members, compression=zipfile.ZIP_STORED):
    """Return a zip file that was not written by the suite."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive_:
        for name, content in members:
            archive_.writestr(name, content)
    return file.getvalue()


def test_round_trip():
    """What was packed is unpacked, whatever the order in which it was given."""
    assert unpacked(RAW) == MEMBERS
    assert packed(dict(reversed(MEMBERS.items()))) == RAW


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_every_changed_byte_is_seen(mask):
    """There is no byte that can be changed: in heads, names, contents, the directory or the end."""
    for at in range(len(RAW)):
        altered = bytearray(RAW)
        altered[at] ^= mask
        with pytest.raises(BundleTrouble):
            unpacked(bytes(altered))


@pytest.mark.parametrize("at", [0, 30, len(RAW) // 2, len(RAW) - 22, len(RAW)])
def test_bytes_more_or_less_are_seen(at):
    """Bytes before, between and behind, and bytes that are gone, are seen."""
    for altered in (RAW[:at] + b"\0" + RAW[at:], RAW[:at] + RAW[at + 1 :]):
        if altered != RAW:
            with pytest.raises(BundleTrouble):
                unpacked(altered)


def test_comment_is_refused():
    """A comment, which readers of zip files pass over, is refused."""
    with pytest.raises(BundleTrouble, match="altered"):
        unpacked(RAW[:-2] + b"\x05\0hello")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "report.json/", "REPORT.json", "x\nRLO\u202e"])
def test_strange_names_are_refused(name):
    """Nothing but the files of a bundle is in it, so nothing can be written elsewhere."""
    with pytest.raises(BundleTrouble):
        unpacked(written(*MEMBERS.items(), (name, b"")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubled_names_are_refused():
    """Of two files of one name, readers take different ones."""
    with pytest.raises(BundleTrouble, match=r"report\.json twice"):
        unpacked(written(*MEMBERS.items(), ("report.json", b"{}")))


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_missing_files_are_named(name):
    """A file that is not there is named."""
    with pytest.raises(BundleTrouble, match=f"lacks {name}"):
        unpacked(packed({each: content for each, content in MEMBERS.items() if each != name}))


def test_compressed_files_are_refused_unread():
    """A zip bomb is refused before anything of it is unpacked."""
    bomb = written(("report.json", b"\0" * 20_000_000), compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 50_000
    with pytest.raises(BundleTrouble, match="compressed"):
        unpacked(bomb)


def test_size_that_is_a_lie_is_refused():
    """A file that says to be larger than the bundle is refused unread."""
    place = RAW.index(b"PK\x01\x02") + 24
    with pytest.raises(BundleTrouble, match="larger than the bundle"):
        unpacked(RAW[:place] + b"\xff\xff\xff\x7f" + RAW[place + 4 :])


@pytest.mark.parametrize("raw", [b"", b"PK", b"not a zip file", b"PK\x05\x06" + b"\0" * 18, b"\0" * 1000])
def test_other_files_are_refused(raw):
    """What is no bundle at all is said to be none."""
    with pytest.raises(BundleTrouble):
        unpacked(raw)


def test_exchanges_that_unpack_to_more_than_is_read(monkeypatch):
    """Exchanges that grow beyond all bounds are left."""
    monkeypatch.setattr(archive, "MOST", 1000)
    with pytest.raises(BundleTrouble, match="unpacks to more"):
        inflated(gzip.compress(b"\0" * 1001))
    assert inflated(gzip.compress(b"\0" * 999)) == b"\0" * 999


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"text", "no gzip file"),
        (gzip.compress(b"one") + gzip.compress(b"two"), "goes on"),
        (gzip.compress(b"one" * 99)[:-9], "cut off"),
        (gzip.compress(b"one") + b"\0", "goes on"),
    ],
    ids=["text", "two parts", "cut", "a byte more"],
)
def test_exchanges_are_one_gzip_file(data, reason):
    """What is no gzip file, broken off, or followed by more is refused."""
    with pytest.raises(BundleTrouble, match=reason):
        inflated(data)
