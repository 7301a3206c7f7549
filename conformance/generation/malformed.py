"""Request bodies that are no JSON, or JSON that readers trip over, and bodies declared or sent in a wrong way."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from conformance.generation.draft import Draft
from conformance.generation.plainly import path_of, plain, worded
from conformance.probes.asking import SHORT
from conformance.probes.target import pointed, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Api, Operation

CAP = 2
DEPTH = 1000
"""Objects within objects."""
LENGTH = 1_000_000
"""Characters of a long text."""
_MARK = b'"llm-conformance-here"'
_WORDS = ("messages", "prompt", "input", "query")


def malformed(api: Api, operation: Operation) -> Iterator[Draft]:
    """Yield requests whose bytes are wrong, or unusual beyond what a plain serialiser writes, in turn of each kind."""
    body = worded(plain(api, operation), operation, max_tokens=CAP)
    for some in zip_longest(
        _bent(operation, body), _numbers(operation, body), _texts(api, operation), _misdeclared(operation, body)
    ):
        yield from filter(None, some)


def _bent(operation: Operation, body: dict[str, Any]) -> Iterator[Draft]:
    for label, bend in _BENT.items():
        yield Draft(operation.id, label, bend(written(body)), path_of(operation), most=CAP)


def _numbers(operation: Operation, body: dict[str, Any]) -> Iterator[Draft]:
    """Yield requests whose temperature is written as no serialiser writes a number."""
    pointer = operation.request.get("temperature")
    if pointer is None or pointed(body, pointer) is None:
        return
    marked = written(worded(body, operation, temperature=_MARK.decode().strip('"')))
    for label, text in _NUMBERS.items():
        yield Draft(operation.id, label, marked.replace(_MARK, text), path_of(operation), most=CAP)


def _texts(api: Api, operation: Operation) -> Iterator[Draft]:
    """Yield requests whose text is written as no serialiser writes one, or is more or less than a text."""
    if not _read(operation):
        return
    marked = written(worded(plain(api, operation, _MARK.decode().strip('"')), operation, max_tokens=CAP))
    for label, text in _TEXTS.items():
        yield Draft(operation.id, label, marked.replace(_MARK, text), path_of(operation), most=CAP)


def _misdeclared(operation: Operation, body: dict[str, Any]) -> Iterator[Draft]:
    """Yield requests with another media type or method than the operation's."""
    text, path = written(body), path_of(operation)
    for media_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        yield Draft(operation.id, f"declared as {media_type}", text, path, media_type=media_type, most=CAP)
    if operation.method == "POST":
        for method in ("PUT", "PATCH", "DELETE"):
            yield Draft(operation.id, f"method {method}", text, path, method=method, most=CAP)


def _read(operation: Operation) -> bool:
    return operation.effect == "generate" and (
        operation.kind == "rerank" or any(w in operation.request for w in _WORDS)
    )


_DEEP = b', "llm_conformance": ' + b'{"a": ' * DEPTH + b"0" + b"}" * DEPTH


def _doubled(body: bytes) -> bytes:
    """Return an object that says its first member twice (RFC 8259 § 4)."""
    first = body[1:-1].split(b", ", 1)[0]
    return b"{" + first + b", " + body[1:]


_BENT: dict[str, Callable[[bytes], bytes]] = {
    "a member that is said twice": _doubled,
    "an object that nests a thousand deep": lambda body: body[:-1] + _DEEP + b"}",
    "bytes that are no UTF-8": lambda body: body.replace(b"ok", b"\xff\xfe", 1) if b"ok" in body else b"\xff" + body,
    "an object that is not closed": lambda body: body[:-1],
    "an array in place of an object": lambda body: b"[" + body + b"]",
    "null in place of an object": lambda _: b"null",
    "no body": lambda _: b"",
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "text after the object": lambda body: body + b" }",
    "a comma after the last member": lambda body: body[:-1] + b",}",
    "a text in place of an object": lambda _: b'"ok"',
    "single quotes": lambda body: body.replace(b'"', b"'"),
    "a comment": lambda body: body[:-1] + b" /* ok */ }",
}

_NUMBERS = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "an integer of 400 digits": b"9" * 400,
    "a number beyond a double": b"1e400",
    "a number with a leading zero": b"01",
    "a hexadecimal number": b"0x1",
}

_TEXTS = {
    "half a surrogate pair": b'"Reply with the single word: ok \\ud800"',
    "an empty text": b'""',
    "a NUL character": b'"Reply with the single word: ok \\u0000"',
    "a text of a million characters": b'"' + SHORT.ljust(LENGTH, "a").encode() + b'"',
    "only white space": b'" \\n\\t "',
    "a control character that is not escaped": b'"Reply with the single word:\x01 ok"',
    "an escape that JSON does not know": b'"Reply with the single word: \\x6fk"',
}
