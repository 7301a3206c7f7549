"""Shows one verdict as a fragment of HTML, for a row of a report to open."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from conformance.exchange.jsontext import parse
from conformance.exchange.visible import visible
from conformance.reporters.replay_line import replay_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conformance.contract.model import Level
    from conformance.exchange.model import Exchange, Headers, Response
    from conformance.report import Finding, Report, Result

CSS = """
.llmc { font: 13px/1.45 system-ui, sans-serif; color: #222; max-width: 72rem; overflow-wrap: anywhere; }
.llmc dl { display: grid; grid-template-columns: 7rem 1fr; gap: .15rem .75rem; margin: .4rem 0; }
.llmc dt { color: #666; }
.llmc dd { margin: 0; }
.llmc pre { background: #f6f8fa; border: 1px solid #d8dee4; border-radius: 4px; padding: .5rem; margin: .25rem 0;
  white-space: pre-wrap; overflow-wrap: anywhere; max-height: 28rem; overflow-y: auto; font: 12px/1.4 monospace; }
.llmc section { border-left: 3px solid #d8dee4; padding-left: .75rem; margin: .75rem 0; }
.llmc .fail, .llmc .error { border-color: #cf222e; }
.llmc .warn { border-color: #bf8700; }
.llmc summary { cursor: pointer; }
"""
"""The style of the fragments."""

_MOST_FINDINGS = 20
_MOST_CHARACTERS = 1_000
_MOST_BODY = 4_000
_LONGEST_JSON = 200_000
"""Bytes: longer bodies are not pretty-printed."""

_LINES = "\n\t"


def finding_html(result: Result, report: Report, exchanges: Mapping[str, Exchange], folder: Path | None = None) -> str:
    """Return what is known of a verdict: the requirement, each finding, the exchange that it was seen in.

    `exchanges` holds the exchanges by id, `folder` is what the run wrote. Everything is escaped and made visible; long
    texts and bodies are shortened (characters), and findings beyond the twentieth are counted.
    """
    shown: set[str] = set()
    parts = [_requirement(result, report)]
    for finding in result.findings[:_MOST_FINDINGS]:
        exchange = None if finding.exchange in shown else exchanges.get(finding.exchange)
        shown.add(finding.exchange)
        parts.append(_finding(finding, result, exchange, folder))
    if (more := len(result.findings) - _MOST_FINDINGS) > 0:
        parts.append(f"<p>and {more} more in the JSON report</p>")
    return f'<div class="llmc">{"".join(parts)}</div>'


def _requirement(result: Result, report: Report) -> str:
    requirement = result.requirement
    facts = (
        ("requirement", f"{requirement.id} ({requirement.level})"),
        ("statement", requirement.statement),
        ("source", requirement.source),
        ("basis", requirement.basis),
        ("doubt", requirement.doubt),
        ("operations", ", ".join(requirement.operations)),
        ("reading", requirement.reading),
        ("known as", ", ".join(requirement.bugs)),
        ("target", f"{report.api} at {report.target}"),
        ("verdict", f"{result.verdict}, judged in {result.judged} exchange{'' if result.judged == 1 else 's'}"),
        ("reason", result.reason),
        ("waiver", str(result.waiver or "")),
        ("stale waiver", "; ".join(each.why for each in report.waivers.of({requirement.id}).stale)),
    )
    return _facts(facts)


def _finding(finding: Finding, result: Result, exchange: Exchange | None, folder: Path | None) -> str:
    level: Level = finding.level or result.requirement.level
    facts = (
        ("finding", finding.message),
        ("level", str(level)),
        ("expected", finding.expected),
        ("actual", finding.actual),
        ("where", finding.where),
        ("exchange", finding.exchange),
    )
    curl = f"<p>Send it again:</p>{_pre(finding.curl, most=None)}" if finding.curl else ""
    line = replay_line(result.requirement, finding, folder)
    replay = f"<p>Look whether it is still there:</p>{_pre(line, most=None)}" if line else ""
    seen = exchange_html(exchange) if exchange else ""
    return f'<section class="{_text(str(result.verdict))}">{_facts(facts)}{curl}{replay}{seen}</section>'


def exchange_html(exchange: Exchange) -> str:
    """Return an exchange as a fragment that can be folded: both heads and bodies, bodies shortened."""
    request, response = exchange.request, exchange.response
    head = f"{request.method} {request.url}"
    ending = f"{exchange.ending} after {exchange.seconds:.3f} s"
    status = response.status if response else "no response"
    parts = [
        f"<details><summary>{_text(f'{exchange.id}: {head}: {status}, {ending}')}</summary>",
        _pre(f"{head}\n{_heads(request.headers)}"),
        _body(request.body),
    ]
    if exchange.detail:
        parts.append(_facts([("detail", exchange.detail)]))
    if response:
        parts.append(_pre(f"{response.http_version} {response.status} {response.reason}\n{_heads(response.headers)}"))
        parts += [_body(response.body), _arrivals(response, timed=exchange.timed)]
    return "".join([*parts, "</details>"])


def _arrivals(response: Response, *, timed: bool) -> str:
    if not timed or not response.pieces:
        return ""
    first, last = response.pieces[0].at, response.pieces[-1].at
    return _facts([("pieces", f"{len(response.pieces)}, the first after {first:.3f} s, the last after {last:.3f} s")])


def _heads(headers: Headers) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers)


def _body(body: bytes) -> str:
    return _pre(_pretty(body), most=_MOST_BODY) if body else ""


def _pretty(body: bytes) -> str:
    """Indent what is JSON, and leave what is not as it is."""
    found = parse(body) if len(body) <= _LONGEST_JSON else None
    # A text with duplicate names or broken characters is shown as it was sent.
    if found and isinstance(found.value, dict | list) and not (found.duplicate_keys or found.lone_surrogates):
        return json.dumps(found.value, ensure_ascii=False, indent=2)
    return body[:_LONGEST_JSON].decode(errors="replace")


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = (f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in facts if value)
    return f"<dl>{''.join(rows)}</dl>"


def _pre(text: str, *, most: int | None = _MOST_BODY) -> str:
    return f"<pre>{escape(visible(text, keep=_LINES, most=most))}</pre>"


def _text(value: str) -> str:
    return escape(visible(value, most=_MOST_CHARACTERS))
