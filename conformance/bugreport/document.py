"""Writes a finding as a bug report in Markdown that stands by itself."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from conformance.bugreport.assertion import assertion
from conformance.bugreport.excerpt import request_text, response_text
from conformance.bugreport.snippet import snippet
from conformance.contract.bugs import bugs
from conformance.exchange.curl import curl
from conformance.exchange.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.exchange.model import Exchange
    from conformance.pastrun import Case, PastRun

KEY_ENV = "LLM_CONFORMANCE_API_KEY"
_LONGEST = 1_000
"""Characters of a text from the wire that stands in a line."""
_LONGEST_LINE = 20_000
"""Characters of a curl line."""


@dataclass(frozen=True)
class Evidence:
    """A finding with what shows it: the exchanges that lead to it in order, its own last.

    `changes` says that their requests change the deployment.
    """

    past: PastRun
    case: Case
    exchanges: Sequence[Exchange]
    changes: bool = False


def document(shown: Evidence) -> str:
    """Return the report. It names no file and no folder, and what was recorded holds no credential."""
    parts = [_title(shown), _promise(shown), _seen(shown), _again(shown), _wire(shown), _judged(shown)]
    return "\n\n".join(parts) + "\n"


def _title(shown: Evidence) -> str:
    request = shown.exchanges[-1].request
    path = request.url.removeprefix(shown.past.base_url) if shown.past.base_url else request.url
    return f"# {_plain(f'{request.method} {path}: {shown.case.finding.message}')}"


def _promise(shown: Evidence) -> str:
    row, api = shown.case.requirement, shown.past.api
    issues = [url for slug in row.bugs for url in bugs()[slug].issues] if row.bugs else []
    facts = [
        ("requirement", f"`{row.id}` of {api.profile.title}"),
        ("level", str(shown.case.finding.level or row.level)),
        ("basis", row.basis),
        ("source", row.source),
        ("doubt", row.doubt),
        ("known as", ", ".join(row.bugs)),
    ]
    listed = "\n".join(f"- {name}: {text}" for name, text in facts if text)
    public = "\n".join(["", "Public reports of the same kind of bug:", "", *(f"- {url}" for url in issues)])
    return f"## The promise\n\n{row.statement}\n\n{listed}" + (f"\n{public}" if issues else "")


def _seen(shown: Evidence) -> str:
    finding = shown.case.finding
    facts = (("expected", finding.expected), ("actual", finding.actual), ("where", finding.where))
    listed = "\n".join(f"- {name}: {_code(text)}" for name, text in facts if text)
    return f"## What happens\n\n{_code(finding.message)}\n\n{listed}"


def _again(shown: Evidence) -> str:
    """Return how to see it again: one curl line a request, and a program."""
    companions = {companion.header: companion.env for companion in shown.past.api.profile.companions}
    lines = "\n".join(_line(exchange, companions) for exchange in shown.exchanges)
    fault = assertion(shown.case.finding, shown.exchanges[-1])
    message = visible(shown.case.finding.message, most=_LONGEST)
    program = snippet(shown.exchanges, fault, KEY_ENV, companions, message)
    many = "" if len(shown.exchanges) == 1 else "It takes several requests, in this order. "
    many += "They change the deployment, and do not change it back. " if shown.changes else ""
    others = dict.fromkeys(re.findall(r"os\.environ\['(\w+)'\]", program))
    more = "".join(f", and `{env}` is set as well" for env in others)
    fails = "fails while the fault is there" if fault else "prints the answer"
    return (
        f"## See it again\n\n{many}The key is in the environment variable `{KEY_ENV}`{more}.\n\n"
        f"{_block(lines, 'sh')}\n\nThis program needs Python and httpx; it {fails}.\n\n{_block(program, 'python')}"
    )


def _line(exchange: Exchange, companions: Mapping[str, str]) -> str:
    """Return the curl line of an exchange, or a comment where it is longer than anybody pastes."""
    request, line = exchange.request, curl(exchange.request, KEY_ENV, companions)
    if len(line) <= _LONGEST_LINE:
        return line
    return f"# {request.method} {visible(request.url)}: {len(request.body)} bytes of body; the program below sends it"


def _wire(shown: Evidence) -> str:
    last = shown.exchanges[-1]
    return (
        "## On the wire\n\nCredentials are taken out, JSON is indented, long bodies are cut, and what is not printable "
        f"is escaped.\n\n{_block(request_text(last.request), 'http')}\n\n"
        f"{_block(response_text(last, shown.case.finding), 'http')}"
    )


def _judged(shown: Evidence) -> str:
    row, past, finding = shown.case.requirement, shown.past, shown.case.finding
    seed = "" if past.seed is None else f", seed {past.seed}"
    suite = past.suite_version or version("llm-conformance")
    spec = past.api.openapi.get("info", {}).get("version", "")
    run = ["llm-conformance", "run", "--api", past.api.id, "--target", past.base_url, "--api-key-env", KEY_ENV]
    again = ["llm-conformance", "replay", f"{row.id}@{finding.exchange}", "--report", past.folder.name]
    return (
        f"## How it was judged\n\nllm-conformance {suite} judged it{seed}, with the specification of {past.api.id} "
        f"({spec}): `{row.judge}` looks at what crossed the wire and at nothing else. "
        f"`llm-conformance explain {row.id}` says more.\n\nTo verify a repair, run the promise alone:\n\n"
        f"{_block(shlex.join([*run, '-k', row.id]), 'sh')}\n\nWith the report and the recording of the run at hand, "
        f"send just this again:\n\n{_block(shlex.join(again), 'sh')}"
    )


def _plain(text: str) -> str:
    """Return text for a heading: one line without marks of Markdown."""
    line = " ".join(visible(text, most=_LONGEST).split())
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", line)


def _code(text: str) -> str:
    """Return text as code in a line, whatever marks it has (CommonMark § 6.1)."""
    line = visible(text, most=_LONGEST)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def _block(text: str, language: str) -> str:
    """Return text as a block of code, whatever marks it has (CommonMark § 4.5)."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
