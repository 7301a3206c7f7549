"""Starts OpenAI-compatible servers of other makes on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "llm-conformance-real-key"
_PATIENCE = 120.0
"""Seconds that a server gets to start."""

_LITELLM = """
model_list:
  - model_name: reference-mini
    litellm_params: {{model: openai/reference-mini, api_base: "{url}", api_key: "{key}"}}
  - model_name: reference-embedding-small
    litellm_params: {{model: openai/reference-embedding-small, api_base: "{url}", api_key: "{key}"}}
"""


@contextmanager
def llama_cpp(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a tiny random model with llama-cpp-python; yields the base URL and the key."""
    import tinymodel

    model = folder / "tiny.gguf"
    tinymodel.write(model)
    words = ["-m", "llama_cpp.server", "--model", str(model), "--n_ctx", "2048", "--chat_format", "chatml"]
    with _started([*words, "--model_alias", "tiny", "--api_key", KEY, "--port"], folder) as port:
        yield f"http://127.0.0.1:{port}/v1", KEY


@contextmanager
def litellm(folder: Path) -> Iterator[tuple[str, str]]:
    """Put LiteLLM's proxy before the faithful reference server, so that what breaks is the proxy's own doing."""
    config = folder / "litellm.yaml"
    start = "from litellm import run_server; run_server()"
    words = ["-c", start, "--config", str(config), "--host", "127.0.0.1", "--telemetry", "False", "--port"]
    with ReferenceServer(Settings(apis=("openai",))) as upstream:
        config.write_text(_LITELLM.format(url=upstream.url("openai"), key=DEFAULT_KEY), encoding="utf-8")
        with _started(words, folder) as port:
            yield f"http://127.0.0.1:{port}/v1", KEY


SERVERS = {"llama-cpp-python": llama_cpp, "litellm": litellm}
"""Each server by the name of its package."""


def versioned(name: str) -> str:
    """Return the package with its installed version."""
    return f"{name} {version(name)}"


@contextmanager
def _started(words: list[str], folder: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen([sys.executable, *words, str(port)], cwd=folder, stdout=log, stderr=log) as server,
    ):
        try:
            _wait(server, f"http://127.0.0.1:{port}/v1/models", folder / "server.log")
            yield port
        finally:
            server.terminate()


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            httpx.get(url, timeout=5, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
