"""The items of generated traffic: one an operation and kind of case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.report import Verdict
from conformance.suite.items import HERE, Broken, SuiteFault, skip_waived, told
from conformance.suite.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.generation.cases import Part
    from conformance.report import Generated, Result

PLACE = "generated"


class GeneratedItem(pytest.Item):
    """All generated cases of one kind for one operation: passes if none of them breaks a promise."""

    def __init__(self, *, api: str, part: Part, **rest: Any) -> None:  # noqa: ANN401 - pytest's own arguments
        super().__init__(**rest)
        self.api, self.part = api, part
        self.extra_keyword_matches.update({api, *part, PLACE})

    @property
    def outcome(self) -> Generated | None:
        """What became of the cases, None before the run was executed, or where nothing was drawn."""
        report = self.config.stash[SESSIONS].reports.get(self.api)
        parts = report.drawing.parts if report else ()
        return next((each for each in parts if (each.operation, each.kind) == self.part), None)

    @property
    def results(self) -> list[Result]:
        """The requirements that the cases break."""
        outcome, report = self.outcome, self.config.stash[SESSIONS].reports.get(self.api)
        return [r for r in report.results if outcome and r.requirement.id in outcome.broken] if report else []

    def runtest(self) -> None:
        """Report the verdict in pytest's terms.

        Raises:
            Broken: a must is broken, or a should in a strict run.
            SuiteFault: the suite itself failed.
        """
        outcome = self.outcome
        if outcome is None:
            pytest.skip("nothing is drawn for it")
        report = self.config.stash[SESSIONS].reports[self.api]
        if outcome.verdict is Verdict.FAIL or (report.strict and outcome.verdict is Verdict.WARN):
            skip_waived([result for result in self.results if report.gates(result)])
            raise Broken(self.results)
        if outcome.verdict is Verdict.ERROR:
            raise SuiteFault(outcome.reason)
        if outcome.verdict is Verdict.UNTESTED:
            pytest.skip(f"untested: {outcome.sent} of {outcome.cases} cases were sent: {outcome.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:  # noqa: ANN401
        """Return the findings' text instead of a traceback, which would show our code."""
        return told(excinfo) or str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what pytest calls the item."""
        return HERE, None, f"{self.api}: {PLACE} {' '.join(self.part)}"

    @property
    def facts(self) -> dict[str, str]:
        """What reports say of the item beside its outcome."""
        outcome = self.outcome
        return {
            "requirement": f"{PLACE}: {self.part[1]} requests",
            "level": "must",
            "operation": self.part[0],
            "verdict": outcome.verdict.value if outcome else Verdict.UNTESTED.value,
            "reason": outcome.reason if outcome else "",
            "cases": str(outcome.cases) if outcome else "0",
            "broken": ", ".join(outcome.broken) if outcome else "",
        }


def generated_items(parent: pytest.Collector, api: str, parts: list[Part]) -> Iterator[GeneratedItem]:
    """Yield the items of an API."""
    for part in parts:
        name = f"{PLACE}.{'.'.join(part)}"
        yield GeneratedItem.from_parent(parent, name=name, nodeid=f"{api}::{name}", api=api, part=part)
