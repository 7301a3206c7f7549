"""What the pytest-html page shows of a requirement."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.suite.generated import GeneratedItem
    from conformance.suite.items import RequirementItem

_WITHOUT_LOG = ".logwrapper { display: none; }"
"""Pytest's log repeats what the row opens to, in one long line that pushes our columns off the page."""

_COLUMNS = ("requirement", "level", "operation", "verdict")


def extras(item: RequirementItem | GeneratedItem) -> list[dict[str, Any]]:
    """Return the fragment that an item's row opens to, as pytest-html wants it."""
    from pytest_html import extras as kinds  # type: ignore[import-untyped]

    from conformance.reporters.html import finding_html
    from conformance.suite.sessions import SESSIONS

    sessions = item.config.stash[SESSIONS]
    report = sessions.reports.get(item.api)
    if report is None:
        return []
    folder = sessions.recording.parent if sessions.recording else None
    exchanges = sessions.exchanges[item.api]
    return [kinds.html(finding_html(result, report, exchanges, folder)) for result in item.results]


class Page:
    """The hooks that give the pytest-html page its title, facts and columns."""

    def __init__(self, title: str, facts: dict[str, str]) -> None:
        self._title = title
        self._facts = facts

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Replace the machine's facts by those of the run."""
        from pytest_metadata.plugin import metadata_key  # type: ignore[import-untyped]

        session.config.stash[metadata_key] = dict(self._facts)

    def pytest_html_report_title(self, report: Any) -> None:  # noqa: ANN401 - pytest-html's own type
        """Name the page."""
        report.title = self._title

    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put our style on the page."""
        from conformance.reporters.html import CSS

        prefix.append(f"<style>{CSS}{_WITHOUT_LOG}</style>")

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Head our columns, in place of pytest's test name and links."""
        named = [f'<th class="sortable" data-column-type="{name}">{name.capitalize()}</th>' for name in _COLUMNS]
        cells[1:] = named

    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Fill our columns."""
        facts = dict(report.user_properties)
        cells[1:] = [f'<td class="col-{name}">{escape(str(facts.get(name, "")))}</td>' for name in _COLUMNS]
