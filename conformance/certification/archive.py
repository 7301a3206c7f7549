"""Packs the files of a bundle into a zip file that can be written in one way only."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from conformance.exchange.visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MOST = 512 * 1024 * 1024
"""Bytes of a bundle, and of its exchanges when they are unpacked, that are read at most."""

MANIFEST = "manifest.json"
REPORT = "report.json"
EXCHANGES = "exchanges.har.gz"
REQUIREMENTS = "requirements.json"
STATEMENT = "statement.dsse.json"
SIGNER = "signer.pem"
NEEDED = frozenset({MANIFEST, REPORT, EXCHANGES, REQUIREMENTS, STATEMENT, "junit.xml", "report.html"})
ALLOWED = NEEDED | {SIGNER, "page.html", "ctrf.json"}
"""The files that a bundle may hold."""

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say (APPNOTE.TXT 4.4.6): when it was packed is nobody's business."""
_UNIX = 3
_NOT_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    LookupError,
    OverflowError,
    ValueError,
)


class BundleTrouble(Exception):  # noqa: N818 - named for what it tells
    """A bundle cannot be read, or is not what it was when it was made; the message is one line."""


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return the zip file of these files: the same bytes for the same files, whenever and wherever it is made.

    Nothing is compressed, because two compressors seldom write the same.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = _UNIX
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return written.getvalue()


def unpacked(raw: bytes) -> dict[str, bytes]:
    """Return the files of a zip file by name, if it is byte for byte what `packed` makes of them.

    Raises:
        BundleTrouble: it is not; a doubled, unknown or missing file, one that is compressed or larger than the bundle.
    """
    if len(raw) > MOST:
        raise BundleTrouble(f"it is larger than {MOST // 1024 // 1024} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            listed = archive.infolist()
            for info in listed:
                _check(info, len(raw))
            _check_names([info.filename for info in listed])
            members = {info.filename: _content(archive, info) for info in listed}
    except _NOT_ZIP as error:
        raise BundleTrouble(f"it is no zip file, or was altered: {visible(str(error), most=200)}") from error
    again = packed(members)
    if again != raw:
        at = _first_difference(raw, again)
        raise BundleTrouble(f"it was altered: byte {at} of {len(raw)} is not as a bundle of these files is written")
    return members


def _check(info: zipfile.ZipInfo, size: int) -> None:
    name = visible(info.filename, most=80)
    if info.filename not in ALLOWED:
        raise BundleTrouble(f"it holds {name}, which is no part of a bundle")
    if info.compress_type != zipfile.ZIP_STORED:
        raise BundleTrouble(f"its {name} is compressed: files of a bundle are not")
    if info.file_size > size or info.compress_size != info.file_size:
        raise BundleTrouble(f"its {name} says that it is larger than the bundle, or of two sizes")


def _check_names(names: Collection[str]) -> None:
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise BundleTrouble(f"it holds {twice[0]} twice")
    if missing := sorted(NEEDED - set(names)):
        raise BundleTrouble(f"it lacks {', '.join(missing)}")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(info)
    except zipfile.BadZipFile as error:
        raise BundleTrouble(f"its {info.filename} was altered: {visible(str(error), most=200)}") from error


def _first_difference(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def inflated(data: bytes) -> bytes:
    """Return the content of a gzip file of one part, which ends where the file does.

    Raises:
        BundleTrouble: it is none, or its content is larger than is read.
    """
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacking.decompress(data, MOST)
    except zlib.error as error:
        raise BundleTrouble(f"its {EXCHANGES} is no gzip file: {error}") from error
    if not unpacking.eof:
        raise BundleTrouble(f"its {EXCHANGES} is cut off, or unpacks to more than {MOST // 1024 // 1024} MB")
    if unpacking.unused_data:
        raise BundleTrouble(f"its {EXCHANGES} goes on after its end")
    return content
