"""Judges whether errors show the inside of the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.contract.model import Level
from conformance.judges.outcome import Kept
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, is_error
from conformance.judges.values import MISSING, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_START = r"(?:^|(?<=[\s\"'`(\[{=,:<>|]))"
"""What stands before a path; a URL's path has its host there."""

TRACES = (
    r"Traceback \(most recent call last\)",
    r"File \"[^\"\n]+\", line \d+",
    r"\bat [\w$.<>/]+\((?:[\w$-]+\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source)\)",
    r"\bat (?:[^\n()]{1,120} )?\(?(?:file://|node:)?[\w@./\\:-]+\.[cm]?[jt]sx?:\d+:\d+\)?",
    r"\bat [\w.<>`\[\]]+\([^)\n]*\) in [^\n]+:line \d+",
    r"\bgoroutine \d+ \[\w+",
    r"\bthread '[^'\n]*' panicked at ",
    r"[\w./-]+\.(?:rb|php|py|go|rs|exs?):\d+:in [`'\"]",
    r"Stack trace:\s+#0 ",
)
PATHS = (
    _START + r"/(?:usr|var|opt|root|home|srv|proc|mnt|tmp|Users|private|workspace|app)(?:/[\w.@+-]+){2,}",
    _START + r"/etc/[\w.@+-]+",
    _START + r"(?:/[\w.@+-]+){1,}\.(?:py|pyc|so|java|jar|class|rb|php|go|rs|cs|dll|kt|ts|mjs|cjs)\b(?![/?#])",
    r"\b[A-Za-z]:\\(?:[^\\/:*?\"<>|\r\n]+\\)+[^\\/:*?\"<>|\r\n]*",
    r"[\w./\\-]*\b(?:site|dist)-packages\b[\w./\\-]*",
)
CLASSES = (
    r"(?<![\w./@:-])(?:[a-z_]\w*\.)+[A-Z]\w*(?:Error|Exception)\b",
    r"(?<![\w./@:-])(?:System|Microsoft)(?:\.\w+)*\.\w+Exception\b",
)
_MODULE = "with its module"
_KINDS = {
    "a stack trace": re.compile("|".join(TRACES), re.MULTILINE),
    "a file path": re.compile("|".join(PATHS), re.MULTILINE),
    f"an exception class {_MODULE}": re.compile("|".join(CLASSES)),
}


@judge
def leaks_nothing(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No error carries a stack trace, a file path or an exception class; text of the request does not count.

    Parameters: `classes` is the level of an exception class alone (default: the row's own).
    An error is a body with a status of 4xx or 5xx, the header fields that come with it, or an event within a stream.
    """
    for reading in evidence.readings:
        if reading.operation and reading.operation.id not in row.operations:
            continue
        if text := _told(reading):
            yield _leak(row, reading, text, evidence)


def _told(reading: Reading) -> str:
    """Return what an exchange says of errors: the body of one, or the errors within a stream."""
    if reading.is_stream:
        return "\n".join(_texts([chunk for _, chunk in chunks(reading) if is_error(chunk)]))
    if reading.status < 400:
        return ""
    whole = reading.answer is MISSING
    return reading.body.decode(errors="replace") if whole else "\n".join(_texts(reading.answer))


def _leak(row: Requirement, reading: Reading, text: str, evidence: Evidence) -> Outcome:
    for what, pattern in _KINDS.items():
        level = Level(row.params["classes"]) if "classes" in row.params and what.endswith(_MODULE) else None
        for match in pattern.finditer(text[:200_000]):
            if not _known(match[0], reading, evidence):
                told = f"an error shows {what}"
                return reading.finding(told, "words for the client only", shown(match[0]), "body", level)
    return _leak_in_head(reading) or Kept(reading.exchange.id)


def _leak_in_head(reading: Reading) -> Finding | None:
    """Return a finding where a header field of an error has a stack trace; paths have a right to be in a head."""
    response = reading.exchange.response
    for name, value in response.headers if response and reading.status >= 400 else ():
        if match := _KINDS["a stack trace"].search(value):
            place = f"response header {name}"
            return reading.finding("an error shows a stack trace", "words for the client only", shown(match[0]), place)
    return None


def _known(text: str, reading: Reading, evidence: Evidence) -> bool:
    """Tell whether a text was sent by the client, or is the name of a listed model."""
    request = reading.exchange.request
    sent = "\n".join((request.body.decode(errors="replace"), unquote(request.url), *_texts(reading.sent)))
    names = {name for names in evidence.model_names.values() for name in names}
    return text in sent or any(text in name for name in names)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield every string of a JSON value, names of members too; without recursion, so that no depth can raise."""
    left = [value]
    while left:
        here = left.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict):
            left += [*here.values(), *here]
        elif isinstance(here, list):
            left += here
