"""The items of the suite: one pytest item a requirement of each API under test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.generation.cases import parts
from conformance.generation.effort import Effort
from conformance.report import Verdict
from conformance.suite.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.contract.model import Requirement
    from conformance.report import Result

HERE = Path(__file__)


class Broken(Exception):  # noqa: N818 - it is the target that is at fault
    """Promises are broken; carries the results."""

    def __init__(self, results: Sequence[Result]) -> None:
        super().__init__(", ".join(result.requirement.id for result in results))
        self.results = results


class SuiteFault(Exception):  # noqa: N818 - named for who is at fault
    """The suite itself is at fault, so nothing is known of the promise."""


class StaleWaiver(Exception):  # noqa: N818 - it is the waiver that is at fault
    """A waiver waives nothing any more."""


def skip_waived(results: Sequence[Result]) -> None:
    """Skip an item all of whose broken promises are waived."""
    if results and all(result.waiver for result in results):
        pytest.skip("; ".join(dict.fromkeys(str(result.waiver) for result in results)))


class SuiteFile(pytest.File):
    """The file that stands for the suite in pytest's tree."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each requirement of each API of the session, and for each part of what is generated.

        Raises:
            CollectError: what pytest was told cannot be done; the message says why.
        """
        from conformance.contract.load import SpecError
        from conformance.suite.plugin import prepare
        from conformance.usage import UsageTrouble

        try:
            prepare(self.config)
        except (UsageTrouble, SpecError) as trouble:
            raise self.CollectError(str(trouble)) from None
        sessions = self.config.stash[SESSIONS]
        for api, run in sessions.runs.items():
            for row in run.rows(sessions.level):
                yield RequirementItem.from_parent(self, name=row.id, nodeid=f"{api}::{row.id}", api=api, row=row)
            if run.effort is not Effort.SMOKE:
                from conformance.suite.generated import generated_items

                yield from generated_items(self, api, parts(run.target))


class RequirementItem(pytest.Item):
    """One requirement of one API: passes if the promise is kept."""

    def __init__(self, *, api: str, row: Requirement, **rest: Any) -> None:  # noqa: ANN401 - pytest's own arguments
        super().__init__(**rest)
        self.api, self.row = api, row
        self.extra_keyword_matches.update({row.level, row.basis, row.group, api, *row.operations})

    @property
    def result(self) -> Result | None:
        """The result of the requirement, None before its run was executed."""
        return self.config.stash[SESSIONS].result(self.api, self.row.id)

    @property
    def results(self) -> list[Result]:
        """The result, once there is one."""
        return [self.result] if self.result else []

    @property
    def facts(self) -> dict[str, str]:
        """What reports say of the item beside its outcome."""
        row, result = self.row, self.result
        return {
            "requirement": row.id,
            "level": row.level.value,
            "basis": row.basis,
            "source": row.source,
            "operation": ", ".join(row.operations),
            "verdict": result.verdict.value if result else Verdict.UNTESTED.value,
            "reason": result.reason if result else "",
            "waiver": str(result.waiver or "") if result else "",
        }

    def runtest(self) -> None:
        """Report the verdict in pytest's terms.

        Raises:
            Broken: a must is broken, or a should in a strict run.
            StaleWaiver: a waiver for it waives nothing any more.
            SuiteFault: the suite itself failed.
        """
        result = self.result
        if result is None:
            pytest.skip("not run")
        if not self.config.stash[SESSIONS].is_scored(self.api, self.row.id):
            pytest.skip(f"not scored: beyond the set; {result.verdict}")
        report = self.config.stash[SESSIONS].reports[self.api]
        if report.gates(result):
            skip_waived([result])
            raise Broken([result])
        if stale := report.waivers.of({self.row.id}).stale:
            raise StaleWaiver("; ".join(f"{each.waiver.scope}: {each.why}" for each in stale))
        if result.verdict is Verdict.ERROR:
            raise SuiteFault(result.reason)
        if result.verdict in {Verdict.UNTESTED, Verdict.NOT_APPLICABLE}:
            pytest.skip(f"{result.verdict}: {result.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:  # noqa: ANN401
        """Return a finding's text instead of a traceback, which would show our code."""
        return told(excinfo) or str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what pytest calls the item."""
        return HERE, None, f"{self.api}: {self.row.id}"


def told(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Return what is to be said of a broken promise, a stale waiver or a fault of ours; nothing of anything else."""
    if isinstance(excinfo.value, Broken):
        return "\n\n".join(line for result in excinfo.value.results for line in _lines(result))
    if isinstance(excinfo.value, StaleWaiver):
        return f"stale waiver: {excinfo.value}"
    return f"the suite itself failed: {excinfo.value}" if isinstance(excinfo.value, SuiteFault) else ""


def _lines(result: Result) -> Iterator[str]:
    row = result.requirement
    yield f"{row.id} ({row.level}): {row.statement}\nsource: {row.source}"
    for finding in result.findings:
        facts = (("expected", finding.expected), ("actual", finding.actual), ("where", finding.where))
        said = "\n".join(f"{name}: {text}" for name, text in facts if text)
        yield f"{finding.message}\n{said}\n{finding.curl}".strip()
