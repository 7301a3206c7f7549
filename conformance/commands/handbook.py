"""Writes the reference of requirements: Markdown, a page an API."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from conformance.commands.explaining import facts
from conformance.contract.capabilities import declared
from conformance.contract.sets import newest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.commands.explaining import Fact
    from conformance.contract.model import Api, Requirement

_SPECIAL = re.compile(r"([\\*<>|\[\]])")
_CODE = re.compile(r"(`[^`]*`)")
_APART = frozenset({"statement", "level"})
"""What stands before the list of facts."""
_MADE = "<!-- Written by `llm-conformance explain --markdown docs/requirements`: change the rows, not this page. -->"


def pages(apis: Iterable[Api]) -> dict[str, str]:
    """Return the text of each page by its file name; the same rows give the same bytes."""
    whole = [declared(api, {capability.name for capability in api.capabilities}) for api in apis]
    return {"README.md": _overview(whole)} | {f"{api.id}.md": _page(api) for api in whole}


def _overview(apis: list[Api]) -> str:
    lines = [
        _MADE,
        "",
        "# Requirements",
        "",
        "What each documented API promises, how it is judged, and what is known to break it.",
        "`llm-conformance explain ID` says the same of one requirement;",
        "[certification](../certification.md) says how they make levels.",
        "",
        "| API | must | should | may | newest set |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for api in apis:
        counts = Counter(str(row.level) for row in api.requirements)
        found = newest(api.id)
        numbers = " | ".join(str(counts[level]) for level in ("must", "should", "may"))
        lines.append(f"| [{api.id}]({api.id}.md) | {numbers} | {found.id if found else ''} |")
    return "\n".join(lines) + "\n"


def _page(api: Api) -> str:
    groups: dict[str, list[Requirement]] = {}
    for row in api.requirements:
        groups.setdefault(row.group, []).append(row)
    lines = [_MADE, "", f"# {_plain(api.profile.title)} (`{api.id}`)", ""]
    lines += [" · ".join(f"[{name}](#{name}) {len(rows)}" for name, rows in sorted(groups.items())), ""]
    for name, rows in sorted(groups.items()):
        lines += [f"## {name}", ""]
        for row in sorted(rows, key=lambda row: row.id):
            lines += [*_entry(api, row), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _entry(api: Api, row: Requirement) -> Iterator[str]:
    yield f'<a id="{row.id}"></a>'
    yield ""
    yield f"### {row.id} ({row.level})"
    yield ""
    yield _plain(row.statement)
    yield ""
    for fact in facts(api, row):
        if fact.label not in _APART:
            yield from _fact(fact)


def _fact(fact: Fact) -> Iterator[str]:
    if len(fact.texts) == 1:
        yield f"- {fact.label}: {_plain(fact.texts[0])}"
        return
    yield f"- {fact.label}:"
    yield from (f"  - {_plain(text)}" for text in fact.texts)


def _plain(text: str) -> str:
    """Return text in which Markdown sees no marks but those of code; addresses stay links."""
    parts = _CODE.split(text)
    return "".join(part if number % 2 else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts))
