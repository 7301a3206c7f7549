"""A running reference server, and clients of it."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAST = Settings(tokens_per_second=100_000)
CHAT = {
    "cloud-temple": ("/chat/completions", "granite3.3:8b"),
    "genos": ("/v1/chat/completions", "/model/snapshots/9eb2daaa8597bf192a8b0e73f848f3a102794df5"),
    "neuroflash": ("/chat/completions", "gpt-4o-mini"),
    "multi-llm": ("/generate", "gemini-pro"),
    "openai": ("/chat/completions", "reference-mini"),
}


class Client(httpx.Client):
    """A client of one API, with its credentials."""

    def __init__(self, server: ReferenceServer, api: str) -> None:
        self.api = api
        self.chat_path, self.model = CHAT[api]
        headers = {"Authorization": f"Bearer {DEFAULT_KEY}", "x-workspace-id": "ws"}
        super().__init__(
            base_url=server.url(api), headers=headers, trust_env=False, verify=False
        )  # no certificates to load

    def body(self, prompt: str = "Hello", **fields: object) -> dict[str, object]:
        """Return the body of a chat request; further fields stand where the API has them."""
        said = {"model": self.model, "messages": [{"role": "user", "content": prompt}]}
        return said | ({"parameters": fields} if self.api == "multi-llm" and fields else fields)

    def chat(self, prompt: str = "Hello", **fields: object) -> httpx.Response:
        """Send a chat request."""
        return self.post(self.chat_path, json=self.body(prompt, **fields))

    @staticmethod
    def said(response: httpx.Response) -> str:
        """Return the text of an unstreamed answer."""
        assert response.status_code == 200, response.text
        return response.json()["choices"][0]["message"]["content"]


def _raw(port: int, sent: bytes, patience: float = 10) -> bytes:
    """Send bytes and return everything that comes back until the server closes, or is silent for so many seconds."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=patience)) as connection:
        received = b""
        try:
            connection.sendall(sent)
            while piece := connection.recv(65536):
                received += piece
        except (ConnectionError, TimeoutError):
            pass
        return received


@pytest.fixture
def raw() -> Callable[..., bytes]:
    """Return the function that sends bytes to a port as they are."""
    return _raw


@pytest.fixture(scope="session")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer(FAST) as running:
        yield running


@pytest.fixture(params=list(CHAT))
def client(server: ReferenceServer, request: pytest.FixtureRequest) -> Iterator[Client]:
    with Client(server, request.param) as made:
        yield made


@pytest.fixture(params=["cloud-temple", "genos", "neuroflash", "openai"])
def openai_like(server: ReferenceServer, request: pytest.FixtureRequest) -> Iterator[Client]:
    with Client(server, request.param) as made:
        yield made


@pytest.fixture
def cloud_temple(server: ReferenceServer) -> Iterator[Client]:
    with Client(server, "cloud-temple") as made:
        yield made


@pytest.fixture
def genos(server: ReferenceServer) -> Iterator[Client]:
    with Client(server, "genos") as made:
        yield made


@pytest.fixture
def neuroflash(server: ReferenceServer) -> Iterator[Client]:
    with Client(server, "neuroflash") as made:
        yield made


@pytest.fixture
def openai(server: ReferenceServer) -> Iterator[Client]:
    with Client(server, "openai") as made:
        yield made


@pytest.fixture
def multi_llm() -> Iterator[Client]:
    """Return a client of a server of its own: this API has state."""
    with ReferenceServer(FAST) as fresh, Client(fresh, "multi-llm") as made:
        yield made
