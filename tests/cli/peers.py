"""Peers on the loopback that are no faithful server: each answers every request in one way."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    Answer = Callable[[bytes], bytes]

SILENT = b""
"""What an answer is where the peer accepts the request and says nothing until the client leaves."""


def reply(status: str, body: bytes, *headers: str) -> bytes:
    """Return a whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _request(stream) -> bytes:
    head = b""
    while line := stream.readline():
        head += line
        if line == b"\r\n":
            break
    length = next((int(x.split(b":")[1]) for x in head.splitlines() if x.lower().startswith(b"content-length:")), 0)
    return head + stream.read(length)


@contextmanager
def peer(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on a free port, one request a connection; yields `host:port`."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            with suppress(OSError):
                said = answer(_request(self.rfile))
                if said:
                    self.wfile.write(said)
                else:
                    self.rfile.read(1)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
