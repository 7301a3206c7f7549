"""Pytest fixtures for tests that talk to an LLM API: a server, a target, a client that judges what comes back."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from conformance.suite.conclusion import CLIENT, conclude

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.exchange.model import Exchange
    from conformance.probes.target import Target
    from conformance.reference.server import ReferenceServer
    from conformance.report import Report
    from conformance.run import Run
    from conformance.suite.judgedclient import JudgedClient

MARKER = (
    "llm_target(api=None, url=None, key=None, key_env=None, headers=(), model=None): "
    "what llm_target and llm_client of this test are aimed at"
)
_MARKED = frozenset({"api", "url", "key", "key_env", "headers", "model"})


@dataclass(frozen=True)
class LocalServer:
    """A bundled reference server that runs on loopback, and the key that it takes."""

    server: ReferenceServer
    key: str

    def url(self, api: str) -> str:
        """Return the base URL of an API.

        Raises:
            ValueError: the API is unknown.
        """
        return self.server.url(api)


class ServerFactory(Protocol):
    """Starts a reference server that runs until the session ends."""

    def __call__(
        self,
        apis: Iterable[str] = (),
        deviations: Iterable[str] = (),
        latency: float = 0.0,
        tokens_per_second: float = 250.0,
        key: str = "",
    ) -> LocalServer:
        """Serve these APIs (default: all) with these deviations; `latency` in seconds before each answer."""


class RecordingJudge(Protocol):
    """Judges recorded exchanges."""

    def __call__(
        self,
        recording: Iterable[Exchange] | str | PathLike[str],
        api: str,
        *,
        base_url: str = "",
        strict: bool = False,
    ) -> Report:
        """Judge exchanges, or those of a HAR 1.2 file, by an API's requirements."""


@pytest.fixture(scope="session")
def llm_server_factory() -> Iterator[ServerFactory]:
    """Start bundled reference servers, faithful or deviating; each is closed when the session ends."""
    with ExitStack() as running:

        def start(
            apis: Iterable[str] = (),
            deviations: Iterable[str] = (),
            latency: float = 0.0,
            tokens_per_second: float = 250.0,
            key: str = "",
        ) -> LocalServer:
            from conformance.reference.deviations.registry import concern
            from conformance.reference.server import ALL, DEFAULT_KEY, ReferenceServer, Settings

            taken = key or DEFAULT_KEY
            settings = Settings(tuple(apis) or ALL, taken, latency, tokens_per_second, tuple(deviations))
            with _one_line("llm_server_factory"):
                server = ReferenceServer(settings)
                concern(settings.deviations, settings.apis)
            return LocalServer(running.enter_context(server), taken)

        yield start


@pytest.fixture(scope="session")
def llm_server(llm_server_factory: ServerFactory) -> LocalServer:
    """A faithful reference server of all APIs: `.url(api)`, `.key`."""
    return llm_server_factory()


@pytest.fixture(scope="session")
def llm_api(pytestconfig: pytest.Config) -> str:
    """The API that the target is judged by: `--llm-api`, else openai. Override it in a conftest.py."""
    named = list(dict.fromkeys(pytestconfig.getoption("llm_api")))
    if len(named) > 1:
        pytest.fail("a test has one target: name one --llm-api", pytrace=False)
    return named[0] if named else "openai"


@pytest.fixture(scope="session")
def llm_target_url(pytestconfig: pytest.Config) -> str | None:
    """The base URL of the target: `--llm-target`, else none, which is the bundled server. Override it."""
    url: str | None = pytestconfig.getoption("llm_target")
    return url


@pytest.fixture(scope="session")
def llm_api_key() -> str | None:
    """The key to the target, where it does not come from an environment variable. Override it."""
    return None


@pytest.fixture
def _llm_run(request: pytest.FixtureRequest, llm_api: str, llm_target_url: str | None, llm_api_key: str | None) -> Run:
    from conformance.settings import runs

    option, marked = request.config.option, _marked(request.node)
    api = marked.pop("api", llm_api)
    said: dict[str, Any] = {"configure": option.llm_allow_configure, "strict": option.llm_strict}
    if "url" in marked:
        said["target"] = marked.pop("url")  # the key and the headers of another target are none of its business
    elif llm_target_url is not None:
        if api != llm_api:
            pytest.skip(f"the target is judged by {llm_api}, this test is about {api}")
        said |= {"target": llm_target_url, "key": llm_api_key, "key_env": option.llm_api_key_env}
        said |= {"headers": option.llm_header, "model": option.llm_model}
    else:
        server: LocalServer = request.getfixturevalue("llm_server")
        with _one_line("llm_target"):
            said |= {"target": server.url(api), "key": server.key, "configure": True}
    with _one_line("llm_target"), runs([api], **(said | marked)) as (run,):
        return run


@pytest.fixture
def llm_target(_llm_run: Run) -> Target:
    """The target of this test: `.base_url`, `.key`, `.headers`, `.model` (empty where none was named)."""
    return _llm_run.target


@pytest.fixture(scope="session")
def _llm_discovered() -> dict[tuple[str, ...], Target]:
    return {}


@pytest.fixture
def llm_client(
    request: pytest.FixtureRequest, _llm_run: Run, _llm_discovered: dict[tuple[str, ...], Target]
) -> Iterator[JudgedClient]:
    """A client of the target whose test fails where what came back breaks a must."""
    from conformance.suite.judgedclient import JudgedClient

    with JudgedClient(_llm_run, _llm_discovered) as client:
        request.node.stash[CLIENT] = client
        yield client
        conclude(request.node, client)  # what other fixtures sent when they ended


@pytest.fixture(scope="session")
def llm_judge() -> RecordingJudge:
    """Judge recorded exchanges, or a HAR file: `llm_judge(recording, api)` returns the report."""

    def judge(
        recording: Iterable[Exchange] | str | PathLike[str], api: str, *, base_url: str = "", strict: bool = False
    ) -> Report:
        from conformance.exchange.har import read
        from conformance.exchange.redaction import Redaction
        from conformance.recorded import judge_recorded
        from conformance.usage import base_url as checked
        from conformance.usage import known_api

        with _one_line("llm_judge"):
            known, aim = known_api(api), checked(base_url) if base_url else ""
            if isinstance(recording, str | PathLike):
                exchanges = read(fspath(recording))
            else:
                exchanges = tuple(map(Redaction().exchange, recording))
        return judge_recorded(known, exchanges, base_url=aim, strict=strict)

    return judge


@contextmanager
def _one_line(fixture: str) -> Iterator[None]:
    """Fail the test in one line by what the user can mend."""
    from conformance.contract.load import SpecError
    from conformance.exchange.har import HarError
    from conformance.usage import UsageTrouble

    try:
        yield
    except (UsageTrouble, SpecError, HarError, ValueError) as trouble:
        pytest.fail(f"{fixture}: {trouble}", pytrace=False)


def _marked(node: pytest.Item) -> dict[str, Any]:
    """Return what the marker of a test says."""
    marker = node.get_closest_marker("llm_target")
    if marker is None:
        return {}
    if marker.args or not marker.kwargs.keys() <= _MARKED:
        pytest.fail(f"the marker is written {MARKER.partition(':')[0]}, with names", pytrace=False)
    return {name: value for name, value in marker.kwargs.items() if value is not None}
