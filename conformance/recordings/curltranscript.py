"""Reads transcripts of curl (`-i`, `-v`, `-iv`) as they are pasted into bug reports."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.recordings import curlcommand
from conformance.recordings.curlexchange import Transcript, item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.exchange.redaction import Redaction
    from conformance.recordings.items import Item, Unwanted

_FENCE = re.compile(r"\s*(```|~~~)")
_STATUS = re.compile(r"\s*(?:< )?HTTP/(?P<version>[0-9.]+) (?P<status>[1-5][0-9]{2})(?: (?P<reason>.*))?")
_REQUEST = re.compile(r"> (?P<method>[A-Z]+) (?P<target>\S+) HTTP/[0-9.]+\s*")
_FIELD = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>.*)")
_DATA = re.compile(r"[{}] \[[0-9]+ bytes data\]\s*$")
_METER = re.compile(r"(?:^|\r) *[0-9]{1,3} +[0-9.kMG]+ .*[0-9-]+:[0-9-]+:[0-9-]+")
_NOISE = re.compile(r"[{}] \[[0-9]+ bytes data\]|  % Total .*| +Dload +Upload.*")
_INTACT = re.compile(r"\* Connection #[0-9]+ to host .* left intact\s*$")
_FAILED = re.compile(r"curl: \((?P<code>[0-9]+)\)")
_PROMPT = re.compile(r"(?:\S{0,40}@\S{0,60}[:~].{0,80}|~?)[$#%❯➜]\s*$|\(base\) .*[$%]\s*$")
_TLS = ("SSL connection using", "TLSv1", "(TLS)", "ALPN")
_OK = 200
"""Statuses below this are followed by another head (RFC 9110 § 15.2)."""


def transcript_items(text: str, file: str, unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    """Yield every transcript of a text, credentials redacted; prose around them is left out."""
    for number, transcript in enumerate(_Reader(text).transcripts(), start=1):
        yield item(transcript, number, file, unwanted, redaction)


@dataclass
class _Reader:
    """Reads the lines of a text, one transcript at a time."""

    text: str
    current: Transcript = field(default_factory=Transcript)

    def transcripts(self) -> Iterator[Transcript]:
        """Yield what was read at the beginning of each next command or request, and at the end."""
        lines, at = self.text.split("\n"), 0
        while at < len(lines):
            line = lines[at]
            if self._begins_another(line):
                yield from self._done()
            if curlcommand.begins(line):
                self.current.line = at + 1
                self.current.command, at = curlcommand.command(lines, at)
                continue
            self.current.line = self.current.line or (at + 1 if _STATUS.match(line) or _REQUEST.match(line) else 0)
            self._take(line)
            at += 1
        yield from self._done()

    def _done(self) -> Iterator[Transcript]:
        if self.current.line:
            yield self.current
        self.current = Transcript()

    def _begins_another(self, line: str) -> bool:
        found = self.current
        if curlcommand.begins(line):
            return True
        if not found.status:
            return False
        if _REQUEST.match(line):
            return True
        # Head after head is one answer: interim ones, that of a proxy, and with -iv the same one again.
        status = _STATUS.match(line)
        return bool(status and found.has_content() and not (found.verbose and int(status["status"]) == found.status))

    def _take(self, line: str) -> None:
        found = self.current
        if intact := _INTACT.search(line):
            found.intact, line = True, line[: intact.start()]
            found.torn |= intact.start() > 0  # of a stream, the rest may follow: it was buffered
            if not line:
                return
        if _METER.search(line):
            found.torn |= found.has_content()
            line = "".join(part for part in line.split("\r") if not _METER.search(part))
            if not line.strip():
                return
        if not self._aside(line):
            self._part(line)

    def _aside(self, line: str) -> bool:
        """Take a line that is no part of a message."""
        found = self.current
        if failed := _FAILED.match(line.strip()):
            found.failure = int(failed["code"])
        elif _FENCE.match(line):
            found.closed = bool(found.status)
        elif line.startswith("* "):
            found.encrypted |= any(mark in line for mark in _TLS)
        elif not _NOISE.match(line):
            return False
        return True

    def _part(self, line: str) -> None:
        found = self.current
        if status := _STATUS.match(line):
            self._head(line, status)
        elif found.in_head:
            self._field(line)
        elif line.startswith(">") and not found.status:
            self._sent(line)
        elif found.status and not found.closed and not _PROMPT.fullmatch(line.rstrip()):
            self._content(line)

    def _content(self, line: str) -> None:
        """Take a line of the body; where curl's own words stand at its end, the next one goes on with it."""
        found, said = self.current, _DATA.search(line)
        text = line[: said.start()] if said else line
        if found.glue and found.body:
            found.body[-1] += text
        else:
            found.body.append(text)
        found.glue = said is not None

    def _head(self, line: str, status: re.Match[str]) -> None:
        found, verbose = self.current, line.startswith("<")
        if found.in_head and found.verbose and not verbose:
            return  # -iv writes every line twice
        if found.status >= _OK and not found.verbose and not verbose:
            found.heads += 1
        again = found.verbose and not verbose
        found.in_head, found.again, found.body = True, again, []
        if not again:
            found.verbose, found.headers = verbose, []
        found.status, found.reason = int(status["status"]), (status["reason"] or "").strip()
        found.version = f"HTTP/{status['version']}"

    def _field(self, line: str) -> None:
        found = self.current
        plain = line.removeprefix("<").strip() if found.verbose else line.strip()
        if found.verbose and not found.again and not line.startswith("<"):
            return
        named = _FIELD.fullmatch(plain)
        if not plain:
            found.in_head = False
        elif named and not found.again:
            found.headers.append((named["name"], named["value"]))

    def _sent(self, line: str) -> None:
        found = self.current
        if request := _REQUEST.fullmatch(line.rstrip("\r")):
            found.method, found.target, found.sent = request["method"], request["target"], []
        elif named := _FIELD.fullmatch(line[1:].strip()):
            found.sent.append((named["name"], named["value"]))
