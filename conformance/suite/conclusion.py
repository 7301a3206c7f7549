"""Ends a test by what its judged client found: a broken must fails it, a broken should warns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from conformance.report import Finding, Result
    from conformance.suite.judgedclient import JudgedClient

_MOST_SHOWN = 3
"""Findings of one requirement that are shown."""


class ConformanceWarning(UserWarning):
    """A should is broken."""


CLIENT = pytest.StashKey["JudgedClient"]()
_CONCLUDED = pytest.StashKey[int]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Conclude a test that passed; one that failed for its own reasons shows what was found beside them."""
    try:
        outcome = yield
    except BaseException:
        if client := item.stash.get(CLIENT, None):
            item.stash[_CONCLUDED] = len(client.exchanges)
            if found := client.findings():
                item.add_report_section("call", "llm-conformance", "\n\n".join(map(text, found)))
        raise
    if client := item.stash.get(CLIENT, None):
        conclude(item, client)
    return outcome


def conclude(item: pytest.Item, client: JudgedClient) -> None:
    """Fail or warn by what was sent since the test was last concluded; a client that sent nothing says nothing.

    Raises:
        pytest.fail.Exception: a must is broken (in a strict run a should), or nothing could be judged.
        ConformanceWarning: a should is broken, and pytest was told to make errors of warnings.
    """
    sent = len(client.exchanges)
    if sent == item.stash.get(_CONCLUDED, 0):
        return
    item.stash[_CONCLUDED] = sent
    if reason := client.trouble:
        pytest.fail(f"llm-conformance: nothing could be judged: {reason}", pytrace=False)
    found, report = client.findings(), client.report()
    if any(report.strict or result.verdict != "warn" for result in found):
        pytest.fail("llm-conformance:\n" + "\n\n".join(map(text, found)), pytrace=False)
    if not any(result.judged for result in report.results):
        reasons = ", ".join(f"{e.request.method} {e.request.url}: {e.detail or e.ending}" for e in client.exchanges)
        pytest.fail(f"llm-conformance: nothing could be judged: {reasons}", pytrace=False)
    for result in found:
        item.warn(ConformanceWarning(text(result)))


def text(result: Result) -> str:
    """Return a broken requirement and what shows it, for people."""
    row = result.requirement
    if result.verdict == "error":
        return f"{row.id}: {result.reason}"
    more = len(result.findings) - _MOST_SHOWN
    shown = ["\n".join(_lines(finding)) for finding in result.findings[:_MOST_SHOWN]]
    rest = [f"and {more} more like it"] if more > 0 else []
    return "\n".join([f"{row.id} ({row.level}): {row.statement}", f"source: {row.source}", *shown, *rest])


def _lines(finding: Finding) -> Iterator[str]:
    yield f"finding: {finding.message}"
    where = ", ".join(filter(None, (finding.where, finding.exchange)))
    for name, said in (("expected", finding.expected), ("actual", finding.actual), ("where", where)):
        if said:
            yield f"{name}: {said}"
    if finding.curl:
        yield finding.curl
