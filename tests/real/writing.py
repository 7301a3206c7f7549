"""Writes down what servers of other makes break, with an excerpt of the wire and why it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.visible import visible
from conformance.report import READINGS, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Exchange
    from conformance.report import Report, Result

_HEAD = """# Real servers

What `llm-conformance` finds in OpenAI-compatible servers of other makes, judged as `openai`. Each finding was
verified by hand: the excerpt shows what crossed the wire, and the line below it why that breaks the promise. `tox
-e real` judges the servers again, fails where anything else is found, and writes this page.
"""
_LONGEST = 300


def document(pages: Mapping[str, str]) -> str:
    """Return the whole page, the servers in alphabetical order."""
    return "\n".join([_HEAD, *(pages[name] for name in sorted(pages))])


def page(server: str, report: Report, exchanges: Mapping[str, Exchange], reasons: Mapping[str, str]) -> str:
    """Return what was found in one server; `reasons` says for each requirement why the finding is true."""
    counts = ", ".join(f"{n} {verdict}" for verdict in Verdict if (n := report.count(verdict)))
    readings = ", ".join(f"{name}: {report.in_reading(name).verdict}" for name in READINGS)
    parts = [f"## {server}\n", f"{counts} of {len(report.results)} requirements. {readings.capitalize()}.\n"]
    for wanted in (Verdict.FAIL, Verdict.WARN):
        parts += [
            _finding(result, exchanges, reasons.get(result.requirement.id, "Not verified yet."))
            for result in report.results
            if result.verdict is wanted
        ]
    return "\n".join(parts)


def _finding(result: Result, exchanges: Mapping[str, Exchange], reason: str) -> str:
    requirement, finding = result.requirement, result.findings[0]
    lines = [f"### {str(result.verdict).upper()} `{requirement.id}`\n", f"{requirement.statement}\n"]
    told = [finding.message, f"expected {finding.expected}" if finding.expected else ""]
    told += [f"actual {finding.actual}" if finding.actual else "", f"at {finding.where}" if finding.where else ""]
    lines.append(f"Found: {_plain('; '.join(filter(None, told)))}\n")
    if exchange := exchanges.get(finding.exchange):
        lines.append(f"```http\n{_excerpt(exchange)}\n```\n")
    lines.append(f"Why it is true: {reason}\n")
    return "\n".join(lines)


def _excerpt(exchange: Exchange) -> str:
    request, response = exchange.request, exchange.response
    path = "/" + request.url.split("/", 3)[-1]
    lines = [f"{request.method} {path}"]
    if request.body:
        lines.append(_plain(request.body.decode(errors="replace")))
    if response is None:
        return "\n".join([*lines, "", f"no response: {exchange.ending}"])
    lines += ["", f"{response.status} {response.header('content-type') or ''}".rstrip()]
    return "\n".join([*lines, _plain(response.body.decode(errors="replace"))])


def _plain(text: str) -> str:
    return visible(" ".join(text.split()), most=_LONGEST)
