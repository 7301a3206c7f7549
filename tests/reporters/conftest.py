"""A report with every verdict in it, and with text from a hostile wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.model import Level, Requirement
from conformance.report import Drawing, Finding, Generated, Report, Result, Spent, Verdict

HOSTILE = '<script>alert("1")</script>[bold red]x[/bold red][/] :smile: \x1b[31m\x9b2J\u202e\ud800 &amp;\r\n'
CURL = (
    "curl -sS -i -N -X POST https://api.example/v1/chat/completions"
    ' -H "Authorization: Bearer $KEY" --data-binary \'{"a": "<b>"}\''
)


def requirement(name: str, level: str = "must", **more) -> Requirement:
    return Requirement(name, Level(level), "example", "000.txt, Antwort", f"The promise called {name} is kept.", **more)


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def results() -> tuple[Result, ...]:
    broken = Finding("the last event is not [DONE]", "[DONE]", HOSTILE, "event 7", "ex-0031", curl=CURL)
    weaker = Finding("the code is missing", where="/error", exchange="ex-0002", level=Level.SHOULD)
    return (
        Result(requirement("stream.done", operations=("createChatCompletion",)), Verdict.FAIL, "", (broken,) * 5, 3),
        Result(requirement("stream.framing"), Verdict.PASS, judged=9),
        Result(requirement("errors.shape"), Verdict.WARN, "", (weaker,), 1),
        Result(requirement("chat.a", "should", doubt="the example differs"), Verdict.WARN, "", (weaker,), 1),
        Result(requirement("chat.b"), Verdict.ERROR, "KeyError: 'choices'"),
        Result(requirement("auth.required"), Verdict.UNTESTED, "rate limited"),
        Result(requirement("auth.invalid"), Verdict.UNTESTED, "rate limited"),
        Result(requirement("auth.scheme-case", "should"), Verdict.UNTESTED, "rate limited"),
        Result(requirement("stats.shape"), Verdict.NOT_APPLICABLE, "not offered"),
        Result(requirement("auth.challenge", "may"), Verdict.NOTE, "", (Finding("there is no WWW-Authenticate"),), 2),
    )


@pytest.fixture
def report(results) -> Report:
    return Report(
        api="cloud-temple",
        title="LLM as a Service",
        target="https://api.example/v1",
        suite_version="0.1.0",
        started=1790000000.75,
        spent=Spent(61, 812, 3.14159),
        seed=7,
        results=results,
    )


@pytest.fixture
def drawn(report) -> Report:
    """The report of a run with generated requests: a part that was sent, one that was cut, one that failed in us."""
    parts = (
        Generated("createChatCompletion", "valid", 96, 96, Verdict.FAIL, ("stream.done",), ("shrunk.chat.valid.3.9",)),
        Generated("createChatCompletion", "invalid", 60, 12, Verdict.UNTESTED, reason="the budget is spent"),
        Generated("rerank", "valid", 48, 47, Verdict.ERROR, reason="a probe of the suite failed: KeyError: 'x'"),
    )
    return replace(report, drawing=Drawing("standard", "0123456789abcdef" * 4, "hypothesis 6", parts))


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A page of Chromium; skips where there is none."""
    from chromium import CHROMIUM, browsing

    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: install the package chromium")
    with browsing(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
