"""The pytest plugin: collects the suite, executes its runs, shows verdicts in pytest's reports."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.generation.effort import EFFORT_ENV, Effort
from conformance.suite.sessions import SESSIONS, Sessions

if TYPE_CHECKING:
    from collections.abc import Generator

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `pytest --pyargs conformance.suite`."""
    group = parser.getgroup("llm-conformance", "conformance of LLM HTTP APIs (pytest --pyargs conformance.suite)")
    add = group.addoption
    add(
        "--llm-api",
        action="append",
        default=[],
        metavar="ID",
        help="judge this API (repeatable; default: all, offline)",
    )
    add("--llm-target", metavar="URL", help="base URL of the target (default: the bundled reference server)")
    add("--llm-api-key-env", metavar="NAME", help="environment variable that holds the key")
    add("--llm-header", action="append", default=[], metavar="'K: V'", help="header sent with every request")
    add("--llm-model", metavar="ID", help="model to use")
    add("--llm-allow-configure", action="store_true", help="allow requests that change the deployment")
    effort = os.environ.get(EFFORT_ENV, Effort.STANDARD)
    add("--llm-effort", default=effort, metavar="EFFORT", help="smoke, standard or thorough: how much is generated")
    add("--llm-seed", type=int, default=0, metavar="N", help="seed of everything that is drawn")
    add("--llm-strict", action="store_true", help="a broken should fails, too")


def pytest_configure(config: pytest.Config) -> None:
    """Add the fixtures for tests of one's own."""
    from conformance.suite import conclusion, fixtures

    config.addinivalue_line("markers", fixtures.MARKER)
    config.pluginmanager.register(fixtures, "llm-conformance-fixtures")
    config.pluginmanager.register(conclusion, "llm-conformance-conclusion")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the suite where its folder was named."""
    if file_path != HERE / "items.py":
        return None
    from conformance.suite.items import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path)


def prepare(config: pytest.Config) -> None:
    """Make the runs that the options ask for, where no one else did; they end with the configuration.

    Raises:
        UsageTrouble: the options do not fit each other or the environment.
        SpecError: a specification cannot be read.
    """
    from conformance.settings import runs
    from conformance.usage import UsageTrouble, effort_called

    if SESSIONS in config.stash:
        return
    if hasattr(config, "workerinput"):
        raise UsageTrouble("each pytest-xdist worker would send every request: run the suite without -n")
    option = config.option
    asked = runs(
        option.llm_api,
        target=option.llm_target,
        key_env=option.llm_api_key_env,
        headers=option.llm_header,
        model=option.llm_model,
        configure=option.llm_allow_configure,
        strict=option.llm_strict,
        seed=option.llm_seed,
        effort=effort_called(option.llm_effort),
    )
    stack = ExitStack()
    config.add_cleanup(stack.close)
    config.stash[SESSIONS] = Sessions({run.api.id: run for run in stack.enter_context(asked)})


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Execute the runs of all collected requirements before the first item asks for its verdict."""
    if SESSIONS in session.config.stash and not session.config.option.collectonly:
        execute_collected(session)
    return (yield)


def execute_collected(session: pytest.Session) -> None:
    """Execute the runs for the requirements that pytest selected.

    Raises:
        pytest.exit.Exception: a run came to nothing by a fault that is not the target's.
    """
    from conformance.run import execute, selection
    from conformance.suite.generated import GeneratedItem
    from conformance.suite.items import RequirementItem

    sessions = session.config.stash[SESSIONS]
    for api, run in sessions.runs.items():
        chosen = {i.row.id for i in session.items if isinstance(i, RequirementItem) and i.api == api}
        drawn = {i.part for i in session.items if isinstance(i, GeneratedItem) and i.api == api}
        if not chosen and not drawn:
            continue
        asked = chosen or {row.id for row in selection(run.api, sessions.level)}  # what is drawn is asked everything
        try:
            found = execute(run, asked, generated=drawn, recording=sessions.recording, done=sessions.done)
        except Exception as error:  # noqa: BLE001 - pytest would show our code in place of one clear line
            sessions.fault = error
            pytest.exit(f"the suite itself failed: {type(error).__name__}: {error}", returncode=4)
        sessions.reports[api], sessions.exchanges[api] = found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put level, basis, source and verdict into pytest's reports."""
    report = yield
    if SESSIONS not in item.config.stash:
        return report
    from conformance.suite.generated import GeneratedItem
    from conformance.suite.html import extras
    from conformance.suite.items import RequirementItem

    if isinstance(item, RequirementItem | GeneratedItem):
        facts: list[tuple[str, object]] = list(item.facts.items())
        item.user_properties[:] = report.user_properties = facts
        if report.when == "call":
            report.extras = extras(item)  # type: ignore[attr-defined]
        if report.skipped and isinstance(report.longrepr, tuple):
            # Where our code skips is nobody's business: say what was skipped.
            report.longrepr = (item.nodeid, report.longrepr[1], report.longrepr[2])
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give the session the exit status of the worst report: nothing tested is never green."""
    if SESSIONS in session.config.stash and (reports := session.config.stash[SESSIONS].reports.values()):
        from conformance.report import worst

        session.exitstatus = max(session.exitstatus, worst(r.exit_status for r in reports), key=bool)
