"""Writes down what servers of other makes break, with an excerpt of the wire and why it is true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.exchange.visible import visible
from conformance.report import READINGS, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Exchange
    from conformance.report import Finding, Report, Result

_HEAD = """# Real servers

What `llm-conformance` finds in OpenAI-compatible servers of other makes, judged as `openai`. Each finding was
verified by hand: the excerpt shows what crossed the wire, and the line below it why that breaks the promise. `tox
-e real` judges the servers again, fails where anything else is found, and writes this page. What differs from run to
run (ids, times, folders) is written as `…`.
"""
_LONGEST = 400
"""Characters of a text that are shown."""
_AROUND = 60
"""Characters that are shown before the place of a fault."""
_VARYING = (
    (re.compile(r"((?:chatcmpl|cmpl)-)[\w-]{12,}"), r"\1…"),
    (re.compile(r'("created": ?)\d+'), r"\1…"),
    (re.compile(r'("\w+_(?:ms|second)": ?)[\d.]+'), r"\1…"),
    (re.compile(r"\b\d{10}\b"), "…"),
    (re.compile(r"(?:/[\w.@+-]+)+/(?=site-packages/|tiny\.gguf)"), "…/"),
)


def document(pages: Mapping[str, str]) -> str:
    """Return the whole page, the servers in alphabetical order."""
    return "\n".join([_HEAD, *(pages[name] for name in sorted(pages))])


def page(server: str, report: Report, exchanges: Mapping[str, Exchange], known: Mapping[str, dict[str, str]]) -> str:
    """Return what was found in one server; `known` has for each requirement why the finding is true."""
    counts = ", ".join(f"{n} {verdict}" for verdict in Verdict if (n := report.count(verdict)))
    readings = ", ".join(f"{name}: {report.in_reading(name).verdict}" for name in READINGS)
    parts = [f"## {server}\n", f"{counts} of {len(report.results)} requirements. {readings.capitalize()}.\n"]
    for wanted in (Verdict.FAIL, Verdict.WARN):
        parts += [
            _finding(result, exchanges, known.get(result.requirement.id, {}).get("why", "not verified yet."))
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
        lines.append(f"```http\n{_excerpt(exchange, finding)}\n```\n")
    lines.append(f"Why: {reason}\n")
    return "\n".join(lines)


def _excerpt(exchange: Exchange, finding: Finding) -> str:
    request, response = exchange.request, exchange.response
    lines = [f"{request.method} /{request.url.split('/', 3)[-1]}"]
    lines += [f"{name}: {value}" for name, value in request.headers if name.lower() in {"content-type", "connection"}]
    if request.body:
        lines += ["", _plain(request.body.decode(errors="replace"))]
    if response is None:
        return "\n".join([*lines, "", f"no response: {exchange.ending}"])
    lines += ["", f"{response.status} {response.header('content-type') or ''}".rstrip(), ""]
    body = response.body.decode(errors="replace")
    event = re.match(r"event (\d+)", finding.where)
    if "text/event-stream" in (response.header("content-type") or ""):
        return "\n".join([*lines, *_events(body, int(event[1]) if event else 0)]).rstrip()
    return "\n".join([*lines, _around(body, finding)]).rstrip()


def _events(body: str, place: int) -> list[str]:
    """Return the event at a place, counted from 1, with its neighbours; where there is none, the last ones."""
    events = [event for event in re.split(r"\r?\n\r?\n", body) if event.strip()]
    first = max((place or len(events) - 1) - 2, 0)
    shown = events[first : first + 3]
    before, after = first, len(events) - first - len(shown)
    return [
        *([f"… {before} events before"] if before else []),
        *(_plain(event) for event in shown),
        *([f"… {after} events after"] if after else []),
    ]


def _around(body: str, finding: Finding) -> str:
    """Return a body, a long one from a little before the member or the text that is at fault."""
    if len(body) <= _LONGEST:
        return _plain(body)
    sought = (finding.actual.strip("'…"), f'"{finding.where.rsplit("/", 1)[-1]}"')
    at = next((place for each in sought if len(each) > 2 and (place := body.find(each)) > _LONGEST // 2), 0)
    return _plain(f"… {body[at - _AROUND :]}" if at else body)


def _plain(text: str) -> str:
    text = " ".join(text.split())
    for pattern, kept in _VARYING:
        text = pattern.sub(kept, text)
    return visible(text, most=_LONGEST)
