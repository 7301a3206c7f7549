"""A target that cannot be judged ends the run with status 3 and one line that says why; reports are written."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path

import pytest
from peers import SILENT, peer, reply

REPORTS = {"ctrf.json", "exchanges.har", "junit.xml", "page.html", "report.html", "report.json"}
PAGE = reply("200 OK", b"<!DOCTYPE html><html><body>Welcome</body></html>", "Content-Type: text/html")
REFUSAL = reply("401 Unauthorized", b'{"error": {"message": "no"}}', "Content-Type: application/json")
API = ("run", "--api", "genos", "-u")


def inconclusive(ended, reason):
    """Check that a run ended as it must where the target cannot be judged."""
    assert (ended.status, "Traceback" in ended.out + ended.err) == (3, False), ended.out + ended.err
    assert reason in ended.report["trouble"]
    assert reason in " ".join(ended.out.split())
    assert {path.name for path in ended.folder.iterdir()} == REPORTS
    assert json.loads((ended.folder / "exchanges.har").read_text())["log"]["version"] == "1.2"
    assert {row["verdict"] for row in ended.report["requirements"]} <= {"untested", "not-applicable"}


def test_unreachable(process):
    """A port that nobody listens on cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    inconclusive(process(*API, f"http://127.0.0.1:{port}"), "the target cannot be reached")


def test_unknown_host(process):
    """A host that has no address cannot be reached."""
    inconclusive(process(*API, "http://no-such-host.invalid/v1"), "the target cannot be reached")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"220 mail.example ready\r\n\r\n", "the target does not speak HTTP"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the target closed the connection without an answer"),
        (PAGE, "answers with an HTML page"),
        (reply("404 Not Found", b"<html>nothing here</html>", "Content-Type: text/html"), "answers with an HTML page"),
        (REFUSAL, "the credential was refused (status 401)"),
        (reply("403 Forbidden", b"{}"), "the credential was refused (status 403)"),
        (reply("308 Permanent Redirect", b"", "Location: https://elsewhere.example/v1"), "redirects every request"),
    ],
)
def test_target_that_answers_everything_alike(process, answer, reason):
    """A target that is not this API, or does not let us in, is said to be so."""
    with peer(lambda _: answer) as place:
        inconclusive(process(*API, f"http://{place}"), reason)


def test_silence(process):
    """A target that accepts a request and says nothing is left after --timeout seconds."""
    with peer(lambda _: SILENT) as place:
        inconclusive(process(*API, f"http://{place}", "--timeout", "1"), "did not answer within the time limit")


def test_tls_to_a_plain_port(process, serving):
    """A TLS handshake with a server that does not speak TLS fails."""
    ended = process(*API, serving("genos").replace("http:", "https:"))

    inconclusive(ended, "the target cannot be reached")
    assert "SSL" in ended.report["trouble"]


def test_self_signed_certificate(process):
    """A certificate that nobody vouches for is not accepted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    with peer(lambda _: PAGE, context) as place:
        inconclusive(process(*API, f"https://{place}"), "CERTIFICATE_VERIFY_FAILED")


@pytest.mark.parametrize("api", ["cloud-temple", "genos", "multi-llm", "neuroflash"])
def test_wrong_key(process, serving, api):
    """A key that the target does not know is told apart from broken promises, whatever is open to all."""
    ended = process("run", "--api", api, "-u", serving(api), key="another-key")
    inconclusive(ended, "the credential was refused")
    assert "another-key" not in ended.out + ended.err + "".join(p.read_text() for p in ended.folder.iterdir())


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--max-requests", "5"), "the budget of 5 requests is spent"),
        (("--max-output-tokens", "40"), "the budget of 40 output tokens is spent"),
        (("--max-requests", "1"), "the budget of 1 requests is spent"),
        (("--max-output-tokens", "10"), "the budget of 10 output tokens is spent"),
    ],
)
def test_spent_budget(process, serving, flags, reason):
    """A run that may not send all that it needs stops there, and says what it could not judge."""
    ended = process(*API, serving("genos"), *flags)

    assert ended.status == 3
    assert reason in " ".join(ended.out.split())

    spent = ended.report["spent"]
    assert spent["requests" if flags[0] == "--max-requests" else "output_tokens"] <= int(flags[1])


def test_spent_seconds(process, serving):
    """A run ends when its time is over, without waiting for what is under way."""
    ended = process(*API, serving("genos", latency=0.8), "--max-seconds", "1")

    assert ended.status == 3
    assert "the budget of 1 seconds is spent" in " ".join(ended.out.split())
    assert ended.report["spent"]["seconds"] < 5


def test_busy_once(process):
    """A 429 is waited out for as long as Retry-After says, then the request is judged."""
    seen = []

    def answer(request):
        seen.append(request)
        body = b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"o"}]}'
        if request.startswith((b"GET /models", b"GET /v1/models")):
            return reply("200 OK", body, "Content-Type: application/json")
        if len(seen) < 3:
            return reply("429 Too Many Requests", b'{"error":{"message":"wait"}}', "Retry-After: 0")
        return reply("200 OK", b"{}", "Content-Type: application/json")

    with peer(answer) as place:
        ended = process(*API, f"http://{place}", "-k", "chat.shape")

    assert ended.verdict("chat.shape") == "fail"


def test_busy_for_good(process):
    """A must that a busy target does not show is untested, so nothing is concluded."""
    busy = reply("429 Too Many Requests", b'{"error":{"message":"wait"}}', "Retry-After: 0")
    with peer(lambda _: busy) as place:
        ended = process(*API, f"http://{place}", "--model", "m", "-k", "chat.shape")

    assert (ended.status, ended.verdict("chat.shape")) == (3, "untested")
    assert "rate limited" in ended.report["requirements"][0]["reason"]
