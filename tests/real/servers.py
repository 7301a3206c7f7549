"""Starts OpenAI-compatible servers of other makes on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import environments
import httpx

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-llm-conformance-real-key"
_PATIENCE = 120.0
"""Seconds that a server gets to start."""
_MODEL = Path(__file__).parent / "tinymodel.py"

_LITELLM = """
general_settings: {{master_key: {master}}}
model_list:
  - model_name: reference-mini
    litellm_params: {{model: openai/reference-mini, api_base: "{url}", api_key: "{key}"}}
  - model_name: reference-embedding-small
    litellm_params: {{model: openai/reference-embedding-small, api_base: "{url}", api_key: "{key}"}}
"""
_LLAMA_CPP = """
import sys, threading, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias, params.chat_template = sys.argv[1], {"tiny"}, "chatml"
params.api_keys, params.hostnames, params.port = [sys.argv[2]], ["127.0.0.1"], int(sys.argv[3])
params.n_ctx, params.n_parallel, params.embedding, params.sampling.seed = 2048, 1, True, 7
server = xllamacpp.Server(params)
threading.Event().wait()
"""


@contextmanager
def llama_cpp_python(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a tiny random model with llama-cpp-python; yields the base URL and the key.

    A new request would end the streams of others, for that is how this server is set at first.
    """
    model = _model("llama-cpp-python", folder)
    words = ["-m", "llama_cpp.server", "--model", str(model), "--model_alias", "tiny", "--chat_format", "chatml"]
    words += ["--n_ctx", "2048", "--seed", "7", "--embedding", "true", "--interrupt_requests", "false"]
    with _started("llama-cpp-python", [*words, "--api_key", KEY, "--port"], folder) as port:
        yield f"http://127.0.0.1:{port}/v1", KEY


@contextmanager
def llama_cpp(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a tiny random model with llama.cpp's own server, which xllamacpp packs; one request at a time."""
    words = ["-c", _LLAMA_CPP, str(_model("xllamacpp", folder)), KEY]
    with _started("xllamacpp", words, folder) as port:
        yield f"http://127.0.0.1:{port}/v1", KEY


@contextmanager
def litellm(folder: Path) -> Iterator[tuple[str, str]]:
    """Put LiteLLM's proxy before the faithful reference server, so that what breaks is the proxy's own doing."""
    config = folder / "litellm.yaml"
    start = "from litellm import run_server; run_server()"
    words = ["-c", start, "--config", str(config), "--host", "127.0.0.1", "--telemetry", "False", "--port"]
    with ReferenceServer(Settings(apis=("openai",))) as upstream:
        config.write_text(_LITELLM.format(master=KEY, url=upstream.url("openai"), key=DEFAULT_KEY), encoding="utf-8")
        with _started("litellm", words, folder) as port:
            yield f"http://127.0.0.1:{port}/v1", KEY


SERVERS = {"litellm": litellm, "llama-cpp-python": llama_cpp_python, "xllamacpp": llama_cpp}
"""Each server by the name of its package."""


def versioned(name: str) -> str:
    """Return the package with its installed version."""
    command = f"from importlib.metadata import version; print(version({name!r}))"
    said = subprocess.run([environments.python(name), "-c", command], check=True, capture_output=True, text=True)
    return f"{name} {said.stdout.strip()}"


def _model(name: str, folder: Path) -> Path:
    model = folder / "tiny.gguf"
    subprocess.run([environments.python(name), _MODEL, model], check=True)
    return model


@contextmanager
def _started(name: str, words: list[str], folder: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(environments.python(name)), *words, str(port)]
    surroundings = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=surroundings, stdout=log, stderr=log) as server,
    ):
        try:
            _wait(server, f"http://127.0.0.1:{port}/v1/models", folder / "server.log")
            yield port
        finally:
            server.kill()


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
