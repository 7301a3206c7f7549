"""Runs the reference server: on a thread for tests and offline runs, or in the foreground for the command."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Self

from conformance.reference.app import Application, Mount
from conformance.reference.deviations.registry import catalogue
from conformance.reference.dialect import Terms
from conformance.reference.dialects import cloud_temple, genos, multi_llm, neuroflash, openai
from conformance.reference.listener import StoppableServer, listening_socket
from conformance.reference.wire.server import WireServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from conformance.reference.dialect import Dialect

DEFAULT_KEY = "llm-conformance-reference-key"
"""The key that the server takes where none is given."""

_DIALECTS: dict[str, Callable[[Terms], Dialect]] = {
    "cloud-temple": cloud_temple.dialect,
    "genos": genos.dialect,
    "multi-llm": multi_llm.dialect,
    "neuroflash": neuroflash.dialect,
    "openai": openai.dialect,
}
_BASES = {
    "cloud-temple": cloud_temple.ROUTES.bases[0],
    "genos": genos.ROUTES.bases[0].replace("{serving_id}", genos.SERVING),
    "multi-llm": multi_llm.ROUTES.bases[0],
    "neuroflash": neuroflash.ROUTES.bases[0],
    "openai": openai.ROUTES.bases[0],
}
ALL = tuple(_DIALECTS)
"""The ids of the APIs that can be served."""

_START_LIMIT = 10.0


@dataclass(frozen=True)
class Settings:
    """How to serve: which APIs, the key, seconds before each answer, tokens a second, deviations by name."""

    apis: tuple[str, ...] = ALL
    api_key: str = DEFAULT_KEY
    latency: float = 0.0
    tokens_per_second: float = 250.0
    deviations: tuple[str, ...] = ()


def application(settings: Settings) -> Application:
    """Return the ASGI application of these settings, with fresh state.

    Raises:
        ValueError: an API or a deviation is unknown, or a number is not positive.
    """
    if settings.tokens_per_second <= 0 or settings.latency < 0:
        raise ValueError("tokens a second must be more than 0, the latency not less")
    _known("API", settings.apis, ALL)
    _known("deviation", settings.deviations, tuple(catalogue()) if settings.deviations else ())
    terms = Terms(settings.api_key, settings.latency, 1 / settings.tokens_per_second)
    return Application(tuple(_mount(_DIALECTS[api](terms), terms, settings.deviations) for api in settings.apis))


def _mount(dialect: Dialect, terms: Terms, deviations: tuple[str, ...]) -> Mount:
    respond = dialect.answering(terms)
    for name in deviations:
        deviation = catalogue()[name]
        if dialect.api in deviation.apis:
            respond = deviation.wrap(respond)
    return Mount(dialect.api, dialect.routes, respond)


def _known(kind: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3) or sorted(known)[:3]
            raise ValueError(f"unknown {kind} {name!r}" + (f": did you mean {', '.join(near)}?" if near else ""))


def _server(settings: Settings) -> StoppableServer | WireServer:
    """Return a server of these settings, of the kind that can do what its deviations ask.

    Raises:
        ValueError: the settings are not those of an application.
    """
    app = application(settings)
    raw = any(catalogue()[name].raw for name in settings.deviations)
    return WireServer(app) if raw else StoppableServer(app)


class ReferenceServer:
    """A reference server on a loopback port, in a thread, for as long as the context lasts."""

    def __init__(self, settings: Settings = Settings(), port: int = 0) -> None:
        self.port = port
        """The port asked for; once the server runs, the one that it listens on."""
        self._server = _server(settings)
        self._thread: threading.Thread | None = None

    def url(self, api: str) -> str:
        """Return the base URL of an API, its documented base path included.

        Raises:
            ValueError: the API is unknown.
        """
        return f"http://127.0.0.1:{self.port}{base_path(api)}"

    def __enter__(self) -> Self:
        listening = listening_socket(self.port, "127.0.0.1")
        self.port = listening.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="reference-server", daemon=True
        )
        self._thread.start()
        if not self._server.listening.wait(_START_LIMIT):
            raise RuntimeError("the reference server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        if self._thread is not None:
            self._thread.join()


def base_path(api: str) -> str:
    """Return the documented base path of an API, with the serving id that this server knows.

    Raises:
        ValueError: the API is unknown.
    """
    _known("API", (api,), ALL)
    return _BASES[api]


def serve(
    settings: Settings, port: int, host: str = "127.0.0.1", announce: Callable[[str], object] | None = None
) -> None:
    """Serve until interrupted; `announce` is told each API and its base URL once the server listens.

    Raises:
        OSError: the address cannot be listened on; the message says which.
        ValueError: an API or a deviation is unknown.
    """
    server = _server(settings)
    listening = listening_socket(port, host)
    with listening, suppress(KeyboardInterrupt):
        if announce:
            address = f"{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
            for api in settings.apis:
                announce(f"{api}  http://{address}{base_path(api)}")
        server.run([listening])
