"""The fixtures as a developer's own tests use them: real small projects, run by pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from textwrap import dedent

import pytest

from conformance.exchange.har import write
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

AIMED = """
    import pytest

    @pytest.fixture(scope="session")
    def deviating(llm_server_factory):
        return llm_server_factory(apis=["openai"], deviations=["{}"])

    @pytest.fixture(scope="session")
    def llm_target_url(deviating):
        return deviating.url("openai")

    @pytest.fixture(scope="session")
    def llm_api_key(deviating):
        return deviating.key
"""


@pytest.fixture
def project(tmp_path):
    """Run pytest on test code in a project of its own; returns each test's outcome and all that was said."""

    def run(code, *words, conftest="", **variables):
        (tmp_path / "test_own.py").write_text(dedent(code), encoding="utf-8")
        (tmp_path / "conftest.py").write_text(dedent(conftest), encoding="utf-8")
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.startswith("PYTEST")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--disable-plugin-autoload", "-p", "conformance.suite.plugin",
             "-p", "no:cacheprovider", "--strict-markers", "-rA", *words],
            capture_output=True, text=True, cwd=tmp_path, env=kept | variables, timeout=120, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        summary = said.rpartition("short test summary info")[2]
        return {name: word for word, name in re.findall(r"^([A-Z]+) \S+::(\S+)", summary, re.MULTILINE)}, said

    return run


def test_what_a_client_gives(project):
    """Against the faithful server all that is sent is returned whole and breaks nothing, for each API."""
    outcomes, said = project(
        """
        import asyncio
        import pytest
        from conformance.exchange.model import INVALID_CREDENTIAL

        def test_requests(llm_client, llm_target):
            chat = llm_client.chat("Hello", max_tokens=8)
            body = {"model": chat.json["model"], "messages": [{"role": "user", "content": "Hello"}]}
            again = llm_client.post("/chat/completions", json=body)
            assert (chat.status, again.status, llm_client.get("/models").status) == (200, 200, 200)
            assert "choices" in again.text
            assert llm_client.stream("/chat/completions", json=body | {"stream": True}).events[-1].data == "[DONE]"
            assert llm_client.findings() == again.findings == ()
            assert llm_target.key not in repr(llm_client.exchanges)
            assert [e.request.header("authorization") for e in llm_client.exchanges] == ["Bearer [Filtered]"] * 4

        @pytest.mark.parametrize("path", ["/models"])
        def test_refusals(llm_client, path):
            assert llm_client.get(path, headers={"Authorization": None}).status == 401
            assert llm_client.get(path, headers={"Authorization": f"Bearer {INVALID_CREDENTIAL}"}).status == 401
            assert llm_client.get(path, headers={"Authorization": "Bearer of-a-friend"}).status == 401
            assert llm_client.request("POST", "/chat/completions", content=b"{").status == 400
            assert llm_client.post("/chat/completions", json=None).json["error"]
            assert len(llm_client.exchanges) == 4

        def test_own_fault(llm_client):
            from conformance.suite.judgedclient import CannotAsk

            for ask in (
                lambda: llm_client.get("/models", headers={"x": "a\\nb"}),
                lambda: llm_client.get("http://127.0.0.1:9/models"),
                lambda: llm_client.chat("Hello", temprature=1),
                lambda: llm_client.allow("chat.shap"),
            ):
                with pytest.raises(CannotAsk):
                    ask()

        def test_in_a_running_loop(llm_client):
            async def ask():
                return llm_client.chat("Hello").status, await asyncio.to_thread(llm_client.get, "/models")

            assert asyncio.run(ask())[0] == 200
            assert len(llm_client.exchanges) == 2

        @pytest.mark.llm_target(api="multi-llm")
        def test_other_words(llm_client, llm_target):
            assert llm_target.base_url.endswith("/api/llm")
            assert llm_client.chat("Hello", stream=True).events
            assert llm_client.chat("Hello").request.url.endswith("/generate")

        def test_nothing_sent(llm_client):
            assert llm_client.findings() == ()
        """,
        "-W",
        "error",
    )

    assert set(outcomes.values()) == {"PASSED"}, said
    assert len(outcomes) == 6, said


def test_broken_must_fails_the_test(project):
    """A test in which a must is broken fails by the requirement, its source and a command, unless it is excepted."""
    outcomes, said = project(
        """
        import pytest

        def test_broken(llm_client):
            answer = llm_client.chat("Hello")
            assert [r.requirement.id for r in answer.findings] == ["chat.shape"]
            assert llm_client.get("/models").findings == ()

        def test_excepted(llm_client):
            llm_client.allow("chat.shape")
            llm_client.chat("Hello")

        def test_wrong_itself(llm_client):
            llm_client.chat("Hello")
            assert 1 == 2

        @pytest.mark.xfail(strict=True)
        def test_known(llm_client):
            llm_client.chat("Hello")

        @pytest.fixture
        def leaving(llm_client):
            yield
            llm_client.chat("Hello")

        def test_sent_by_a_fixture(leaving):
            pass

        @pytest.mark.llm_target(api="genos")
        def test_of_another_api(llm_client):
            pass
        """,
        conftest=AIMED.format("chat-without-choices"),
    )

    assert outcomes == {
        "test_broken": "FAILED",
        "test_excepted": "PASSED",
        "test_wrong_itself": "FAILED",
        "test_known": "XFAIL",
        "test_sent_by_a_fixture": "ERROR",
    }, said
    shown = said.partition(" test_broken ")[2].partition(" test_wrong_itself ")[0]
    for part in ("chat.shape (must): ", "source: ", "expected: ", "actual: ", "'choices' is a required", "curl -sS"):
        assert part in shown, said
    assert "def conclude" not in said
    assert "$LLM_CONFORMANCE_API_KEY" in shown
    assert "chat.shape (must)" in said.partition(" test_wrong_itself ")[2].partition("short test summary")[0]
    assert "this test is about genos" in said


def test_broken_should_warns(project):
    """A broken should is a warning of our own category, and fails the test only where the developer wants it."""
    code = """
        import pytest

        def test_should(llm_client):
            llm_client.chat("Hello")

        @pytest.mark.filterwarnings("error::conformance.suite.conclusion.ConformanceWarning")
        def test_should_as_error(llm_client):
            llm_client.chat("Hello")
    """
    conftest = AIMED.format("answer-usage-missing")
    outcomes, said = project(code, conftest=conftest)
    strictly, _ = project(code, "--llm-strict", conftest=conftest)

    assert outcomes == {"test_should": "PASSED", "test_should_as_error": "FAILED"}, said
    assert "ConformanceWarning: chat.shape" in said
    assert set(strictly.values()) == {"FAILED"}


def test_target_of_the_command_line(project):
    """The options aim every test at the target, with the key from the environment variable."""
    code = """
        def test_ask(llm_client, llm_target):
            assert llm_target.base_url == "{}"
            llm_client.chat("Hello")
    """
    with ReferenceServer(Settings(apis=("genos",), deviations=("chat-without-choices",))) as server:
        outcomes, said = project(
            code.format(server.url("genos")),
            *("--llm-api", "genos", "--llm-target", server.url("genos"), "--llm-api-key-env", "GENOS_KEY"),
            GENOS_KEY=DEFAULT_KEY,
        )

    assert outcomes == {"test_ask": "FAILED"}, said
    assert "Bearer $GENOS_KEY" in said
    assert DEFAULT_KEY not in said


def test_what_cannot_be_judged_is_not_green(project):
    """A target that is down or refuses the key fails the test in one line, and breaks no promise by that."""
    code = """
        import pytest

        @pytest.mark.llm_target(url="http://127.0.0.1:9/v1", key="k")
        def test_down(llm_client):
            assert llm_client.get("/models").status is None

        def test_key(llm_server, request):
            request.node.add_marker(pytest.mark.llm_target(url=llm_server.url("openai"), key="wrong"))
            assert request.getfixturevalue("llm_client").get("/models").status == 401
    """
    outcomes, said = project(code)

    assert outcomes == {"test_down": "FAILED", "test_key": "FAILED"}, said
    assert "nothing could be judged: the target cannot be reached" in said
    assert "nothing could be judged: the credential was refused (status 401)" in said
    assert "(must)" not in said


def test_what_the_developer_has_to_mend(project):
    """A name that is not known is said in one line, without our code."""
    code = """
        import pytest

        @pytest.mark.llm_target(api="opnai")
        def test_api(llm_client):
            pass

        @pytest.mark.llm_target("openai")
        def test_marker(llm_client):
            pass

        @pytest.mark.llm_target(url="http://127.0.0.1:9/v1")
        def test_no_key(llm_client):
            pass

        def test_deviation(llm_server_factory):
            llm_server_factory(deviations=["chat-without-choice"])

        def test_deviation_of_none(llm_server_factory):
            llm_server_factory(apis=["multi-llm"], deviations=["chat-without-choices"])

        def test_recording(llm_judge):
            llm_judge("nowhere.har", "openai")
    """
    outcomes, said = project(code)

    wrong = {name for name, word in outcomes.items() if word in {"FAILED", "ERROR"}}
    assert wrong == set(outcomes), said
    assert len(wrong) == 6, said
    for part in ("did you mean openai", "the marker is written llm_target(", "no API key", "chat-without-choices",
                 "concerns only", "nowhere.har"):  # fmt: skip
        assert part in said, part
    assert "conformance/suite/fixtures.py" not in said


def test_judging_recordings(project, tmp_path):
    """A recording, in a file or at hand, is judged within a test."""
    headers = (("Authorization", "Bearer k"), ("Content-Type", "application/json"))
    body = b'{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}'
    asked = Request("POST", "http://h/v1/chat/completions", headers, body)
    said = Response(200, headers=(("Content-Type", "application/json"),), pieces=(Piece(0.1, b"{}"),))
    write(tmp_path / "one.har", [Exchange("1", asked, said, started=1.0)])
    outcomes, text = project(
        """
        from conformance.exchange.har import read
        from conformance.report import Verdict

        def test_recorded(llm_judge):
            for recording in ("one.har", read("one.har")):
                report = llm_judge(recording, "openai", base_url="http://h/v1")
                assert "chat.shape" in [r.requirement.id for r in report.results if r.verdict is Verdict.FAIL]
        """
    )

    assert outcomes == {"test_recorded": "PASSED"}, text


def test_workers(project):
    """Each pytest-xdist worker has a server of its own."""
    code = """
        import pytest

        @pytest.mark.parametrize("number", [1, 2])
        def test_ask(llm_client, llm_server, worker_id, number):
            assert llm_client.get("/models").status == 200
            print(f"server of {worker_id}: {llm_server.server.port}")
    """
    outcomes, said = project(code, "-p", "xdist", "-n", "2", "--dist", "each")

    assert set(outcomes.values()) == {"PASSED"}, said
    assert len(dict(re.findall(r"server of (gw\d): (\d+)", said))) == 2, said
    assert len(set(re.findall(r"server of gw\d: (\d+)", said))) == 2, said
