"""A small client of Chromium's DevTools protocol, over a pipe; nothing is downloaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "about:blank")


class Browser:
    """A page of a running Chromium; `troubles` are what it said of errors and of requests that are not for files."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = os.fdopen(read, "rb", buffering=0), os.fdopen(write, "wb", buffering=0)
        self._number, self._rest, self._session = 0, b"", ""
        self.troubles: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return what it gives."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": params}
        self._write.write(json.dumps(told | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        return self._until(lambda said: said.get("id") == self._number)["result"]

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a file and wait until it is loaded."""
        self.ask("Page.navigate", url=path.resolve().as_uri() + fragment)
        self._until(lambda said: said.get("method") == "Page.loadEventFired")

    def run(self, script: str) -> Any:
        """Run an expression in the page and return its value."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def close(self) -> None:
        """Give the pipe back."""
        self._read.close()
        self._write.close()

    def _until(self, wanted) -> dict[str, Any]:
        while True:
            said = self._next()
            self._note(said)
            if wanted(said):
                assert "error" not in said, said
                return said

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = self._read.read(1 << 16)
            assert more, "Chromium ended"
            self._rest += more
        said, _, self._rest = self._rest.partition(b"\0")
        return json.loads(said)

    def _note(self, said: dict[str, Any]) -> None:
        method, params = said.get("method"), said.get("params", {})
        if method == "Log.entryAdded":
            self.troubles.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.troubles.append(str(params["exceptionDetails"]))
        elif method == "Network.requestWillBeSent" and not params["request"]["url"].startswith("file:"):
            self.troubles.append(params["request"]["url"])


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and end it."""
    to_read, from_us = os.pipe()
    from_it, to_write = os.pipe()

    def placed() -> None:
        spare = os.dup(to_write)
        os.dup2(os.dup(to_read), 3)
        os.dup2(spare, 4)

    command = [CHROMIUM, "--remote-debugging-pipe", f"--user-data-dir={profile}", *_OPTIONS]
    process = subprocess.Popen(
        command,
        preexec_fn=placed,  # noqa: PLW1509 - Chromium wants its pipes at 3 and 4
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(to_write)
    browser = Browser(from_it, from_us)
    try:
        yield browser
    finally:
        browser.close()
        process.terminate()
        process.wait(timeout=30)
