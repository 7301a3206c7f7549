"""Measures what the proxy adds: the same requests direct and through it, whole and streamed, medians in milliseconds.

Run it with `python tests/benchmarks/proxy_latency.py`; it serves everything itself, on the loopback.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

TIMES = 100
PAUSE = 0.05
"""Seconds between requests: what the proxy does with an exchange once it has ended delays nobody."""
COMMAND = str(Path(sys.executable).with_name("llm-conformance"))
HEADERS = {"Authorization": f"Bearer {DEFAULT_KEY}", "Content-Type": "application/json"}


def timed(connection, path, *, stream):
    """Return the milliseconds until the first byte of the body, and until the last."""
    body = {"model": "reference-mini", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}
    started = time.perf_counter()
    connection.request("POST", path, json.dumps(body | ({"stream": True} if stream else {})), HEADERS)
    answer = connection.getresponse()
    answer.read(1)
    first = time.perf_counter()
    answer.read()
    return (first - started) * 1000, (time.perf_counter() - started) * 1000


def measured(direct, through, path):
    """Return the medians of requests sent in turn directly and through the proxy."""
    connections = {"direct": http.client.HTTPConnection(direct), "through": http.client.HTTPConnection(through)}
    rows = {}
    for stream in (False, True):
        found = {name: [] for name in connections}
        for _ in range(TIMES):
            for name, connection in connections.items():
                found[name].append(timed(connection, f"{path}/chat/completions", stream=stream))
                time.sleep(PAUSE)
        kind = "streamed" if stream else "whole"
        for at, part in enumerate(("first byte", "last byte")):
            rows[f"{kind}, {part}"] = [statistics.median(pair[at] for pair in found[name]) for name in connections]
    for connection in connections.values():
        connection.close()
    return rows


def main():
    """Print a row for each measure: direct, through, the difference."""
    settings = Settings(apis=("openai",), tokens_per_second=1e6)
    with ReferenceServer(settings) as server, tempfile.TemporaryDirectory() as folder:
        target = server.url("openai")
        words = [COMMAND, "proxy", "--api", "openai", "--target", target, "--port", "0", "--report-dir", folder]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        proxy = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            port = re.search(r"127\.0\.0\.1:(\d+)/\S*;", proxy.stdout.readline()).group(1)
            parts = urlsplit(target)
            rows = measured(parts.netloc, f"127.0.0.1:{port}", parts.path)
        finally:
            proxy.send_signal(signal.SIGINT)
            proxy.communicate()
    for name, (direct, through) in rows.items():
        sys.stdout.write(f"{name:<22} {direct:7.2f} {through:7.2f} {through - direct:+7.2f} ms\n")


if __name__ == "__main__":
    main()
