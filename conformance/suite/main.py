"""Executes one run through pytest, with reports written and host plugins kept out."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Never

import pytest

from conformance.suite import items, plugin
from conformance.suite.html import Page
from conformance.suite.sessions import SESSIONS, Sessions
from conformance.transport.collect import RecordingFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.report import Report
    from conformance.run import Run


class NothingSelected(Exception):  # noqa: N818 - the user's to mend
    """No requirement matches what was selected."""


class PytestRefused(Exception):  # noqa: N818 - the user's to mend
    """Pytest does not understand its arguments."""


class SuiteFailed(Exception):  # noqa: N818 - named for what happened
    """The run or its reports came to nothing by a fault that is not the target's; the message says which."""


class Conductor:
    """Gives pytest the run, and keeps pytest's own terminal report quiet unless it was asked for."""

    def __init__(self, sessions: Sessions, *, quiet: bool) -> None:
        self._sessions = sessions
        self._quiet = quiet

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand over the run."""
        config.stash[SESSIONS] = self._sessions
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if self._quiet and terminal is not None:
            sink = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed with the configuration
            config.add_cleanup(sink.close)
            config.pluginmanager.unregister(terminal)
            config.pluginmanager.register(pytest.TerminalReporter(config, sink), "terminalreporter")


def execute(
    run: Run,
    folder: Path,
    *,
    level: str = "should",
    expression: str = "",
    pytest_args: Sequence[str] = (),
    done: Callable[[str], None] = lambda _: None,
) -> Report:
    """Execute a run; writes `report.html`, `junit.xml` and `exchanges.har` into the folder.

    Raises:
        NothingSelected: no requirement matches the expression.
        PytestRefused: pytest refused its arguments.
        SuiteFailed: the exchanges cannot be recorded, a report cannot be written, or the suite has a fault.
        KeyboardInterrupt: the user interrupted what is not the sending of requests.
    """
    sessions = Sessions({run.api.id: run}, level, folder / "exchanges.har", done)
    page = Page(f"{run.api.profile.title}: conformance", {"API": run.api.id, "Target": run.target.base_url})
    arguments = [
        str(items.HERE),
        *("-c", os.devnull, "--rootdir", str(Path.cwd()), "--noconftest", "-p", "no:cacheprovider", "-s"),
        *("--disable-plugin-autoload", "-p", "pytest_html.plugin", "-p", "pytest_metadata.plugin"),
        *(f"--html={folder / 'report.html'}", "--self-contained-html"),
        *(f"--junitxml={folder / 'junit.xml'}", "-o", f"junit_suite_name=llm-conformance {run.api.id}"),
        *(("-k", expression) if expression else ()),
        *pytest_args,
    ]
    conductor = Conductor(sessions, quiet=not pytest_args)
    try:
        with _without_host_settings():
            status = pytest.main(arguments, plugins=[plugin, conductor, page])
        _forget_host(folder / "junit.xml")
    except OSError as error:
        raise SuiteFailed(f"cannot write reports to {folder}: {error.strerror or error}") from error
    except ET.ParseError as error:
        raise SuiteFailed(f"junit.xml in {folder} was not written whole: {error}") from error
    return sessions.reports.get(run.api.id) or _without_report(sessions, status, expression, run.api.id)


def _without_report(sessions: Sessions, status: int, expression: str, api: str) -> Never:
    """Raise what says why pytest left no report."""
    if sessions.fault is not None:
        known = isinstance(sessions.fault, RecordingFailed)
        kind = "" if known else f"the suite itself failed: {type(sessions.fault).__name__}: "
        raise SuiteFailed(f"{kind}{sessions.fault}") from sessions.fault
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise NothingSelected(f"no requirement of {api} matches {expression!r}")
    raise PytestRefused(f"pytest judged nothing and ended with status {status}: are the arguments after -- right?")


def _forget_host(path: Path) -> None:
    """Take this machine's name out of a JUnit file: reports are handed on, and it is nobody's business."""
    if not path.exists():
        return
    document = ET.parse(path)  # noqa: S314 - pytest has just written it
    for suite in document.iter("testsuite"):
        suite.attrib.pop("hostname", None)
    document.write(path, encoding="utf-8", xml_declaration=True)


@contextmanager
def _without_host_settings() -> Iterator[None]:
    hidden = {name: os.environ.pop(name) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)
