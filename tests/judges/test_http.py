"""Judges of HTTP itself: what they let pass, and where they put the blame."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import NO_SUCH_MODEL, Ending, Exchange, Notice, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "http://target/v1"
CHAT = f"{BASE}/chat/completions"
KEY = ("Authorization", "Bearer [Filtered]")
JSON = ("Content-Type", "application/json")
EVENTS = b'data: {"choices": []}\n\ndata: [DONE]\n\n'
ORIGIN = ("Origin", "https://app.example.com")


def exchange(
    *, headers=(), fields=(JSON,), body=b"{}", status=200, ending=Ending.COMPLETE, noticed=(), model="m", **how
):
    """A chat request with more headers, and its answer with these fields and this body."""
    stream = how.pop("stream", False)
    sent = {"model": model, "messages": [{"role": "user", "content": "hi"}]} | ({"stream": True} if stream else {})
    request = Request("POST", CHAT, (KEY, JSON, *headers), json.dumps(sent).encode())
    response = Response(status, headers=fields, pieces=(Piece(0.1, body),) if body else ()) if status else None
    return Exchange("x", request, response, ending, noticed=noticed, **how)


def streamed(body=EVENTS, **how):
    fields = (("Content-Type", "text/event-stream"), *how.pop("fields", ()))
    return exchange(stream=True, fields=fields, body=body, **how)


def get(path="/models", *, method="GET", headers=(), url="", status=200, fields=(JSON,), body=b"{}", **how):
    response = Response(status, headers=fields, pieces=(Piece(0.1, body),)) if status else None
    return Exchange("x", Request(method, url or BASE + path, headers), response, **how)


def verdict(row, *exchanges, base_url=BASE):
    (result,) = judge_all(load_api("openai"), exchanges, base_url=base_url, selected={row})
    return result.verdict


def preflight(*fields, status=204):
    asked = (ORIGIN, ("Access-Control-Request-Method", "POST"))
    wanted = ("Access-Control-Request-Headers", "authorization,content-type")
    return get("/chat/completions", method="OPTIONS", headers=(*asked, wanted), status=status, fields=fields, body=b"")


GZIP = ("Content-Encoding", "gzip")
ALLOWED = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "Authorization, *"))
H2C = (KEY, ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"))
LISTED = get(headers=(KEY,))
EXPECTING = (("Expect", "100-continue"),)


@pytest.mark.parametrize(
    ("row", "exchanges"),
    [
        ("http.well-formed", [exchange()]),
        ("http.well-formed", [exchange(fields=(("X-Name", "caf\u00e9\t\ud83d"),))]),
        ("http.whole", [exchange(), streamed()]),
        ("http.whole", [streamed(b"data: {", ending=Ending.CUT_SHORT), exchange()]),
        ("http.whole", [exchange(), exchange(ending=Ending.ABANDONED), exchange(ending=Ending.TIMED_OUT)]),
        ("http.whole", [exchange(), exchange(status=0, ending=Ending.RESET)]),
        ("http.nothing-after", [exchange(fields=(("Content-Length", "9"),))]),
        ("http.content-coding", [exchange(), exchange(fields=(GZIP,), body=gzip.compress(b"{}"))]),
        ("http.content-coding", [exchange(fields=(("Content-Encoding", "X-GZIP"),), body=gzip.compress(b"{}"))]),
        ("http.content-coding", [exchange(fields=(("Content-Encoding", "identity"),))]),
        ("http.content-coding", [exchange(), exchange(fields=(GZIP,), body=b"")]),
        ("http.content-coding", [exchange(), exchange(fields=(("Content-Encoding", "br"),), body=b"\x0b")]),
        (
            "http.content-coding",
            [exchange(), exchange(fields=(GZIP,), body=gzip.compress(b"{}")[:15], ending=Ending.CUT_SHORT)],
        ),
        (
            "http.content-coding",
            [exchange(), exchange(fields=(("Content-Type", "application/x"),), body=b"\x1f\x8b\x08")],
        ),
        ("http.coding-accepted", [exchange(headers=(("Accept-Encoding", "gzip;q=0.5, *;q=0"),), fields=(GZIP,))]),
        ("http.coding-accepted", [exchange(headers=(("Accept-Encoding", "br, *"),), fields=(GZIP,))]),
        ("http.coding-accepted", [exchange(headers=(("Accept-Encoding", "identity"),))]),
        (
            "http.coding-accepted",
            [exchange(headers=(("Accept-Encoding", "GZIP"),), fields=(("Content-Encoding", "x-gzip"),))],
        ),
        ("http.stays-open", [exchange(noticed=(Notice.KEPT,))]),
        ("http.stays-open", [exchange(fields=(("Connection", "close"),))]),
        ("http.stream-ends", [streamed()]),
        ("http.upgrade-ignored", [LISTED, get(headers=H2C)]),
        ("http.upgrade-ignored", [LISTED, get(headers=H2C, status=101, body=b"")]),
        ("http.expect-continue", [exchange(headers=EXPECTING, model=NO_SUCH_MODEL, status=404)]),
        ("http.expect-continue", [exchange(headers=EXPECTING, status=417)]),
        ("http.slash", [get("/models/", status=404)]),
        ("http.slash", [get("/models/")]),
        ("http.slash", [get("/models/", status=307, fields=(("Location", "/v1/models"),))]),
        ("http.slash", [get("/models/", status=308, fields=(("Location", "http://TARGET/v1/models"),))]),
        ("http.cors-preflight", [preflight(*ALLOWED)]),
        (
            "http.cors-preflight",
            [
                preflight(
                    ("Access-Control-Allow-Origin", "https://app.example.com"),
                    ("access-control-allow-headers", "content-type,AUTHORIZATION"),
                    status=200,
                )
            ],
        ),
        (
            "http.cors-expose",
            [
                exchange(
                    headers=(ORIGIN,), fields=(*ALLOWED, ("X-Request-Id", "1"), ("Access-Control-Expose-Headers", "*"))
                )
            ],
        ),
        ("http.rate-limits", [exchange(fields=(("X-RateLimit-Limit-Tokens", "1"),))]),
    ],
)
def test_what_the_standard_allows_passes(row, exchanges):
    """A legal answer keeps the promise."""
    assert verdict(row, *exchanges) is Verdict.PASS


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("http.well-formed", exchange(status=0, ending=Ending.MALFORMED)),
        ("http.well-formed", streamed(ending=Ending.MALFORMED)),
        ("http.well-formed", exchange(noticed=(Notice.FOLDED,))),
        ("http.well-formed", exchange(fields=(("X-Name", "a\x01b"),))),
        ("http.whole", exchange(ending=Ending.CUT_SHORT)),
        ("http.whole", streamed(ending=Ending.CUT_SHORT)),
        ("http.nothing-after", exchange(noticed=(Notice.SURPLUS,))),
        ("http.content-coding", exchange(fields=(GZIP,))),
        ("http.content-coding", exchange(fields=(GZIP,), body=zlib.compress(b"{}"))),
        ("http.content-coding", exchange(fields=(GZIP,), body=gzip.compress(b"{}")[:-2])),
        ("http.content-coding", exchange(body=gzip.compress(b"{}"))),
        ("http.content-coding", streamed(fields=(GZIP,))),
        ("http.coding-accepted", exchange(headers=(("Accept-Encoding", "identity"),), fields=(GZIP,))),
        ("http.coding-accepted", exchange(headers=(("Accept-Encoding", "gzip; q=0, *"),), fields=(GZIP,))),
        (
            "http.coding-accepted",
            streamed(headers=(("Accept-Encoding", "gzip"),), fields=(("Content-Encoding", "zstd"),)),
        ),
        ("http.stays-open", exchange(noticed=(Notice.CLOSED,))),
        ("http.stream-ends", streamed(noticed=(Notice.HELD,))),
        ("http.upgrade-ignored", get(headers=H2C, status=0, ending=Ending.TIMED_OUT)),
        ("http.upgrade-ignored", get(headers=H2C, status=400)),
        ("http.expect-continue", exchange(headers=EXPECTING, status=0, ending=Ending.RESET)),
        ("http.expect-continue", exchange(headers=EXPECTING, status=500)),
        ("http.slash", get("/models/", status=404, body=b"<h1>Not found</h1>")),
        ("http.slash", get("/models/", status=307, fields=(("Location", "http://backend/v1/models"),))),
        ("http.slash", get("/models/", status=301, fields=(("Location", "http://[backend/"),))),
        ("http.cors-preflight", preflight(*ALLOWED, status=401)),
        ("http.cors-preflight", preflight(*ALLOWED[:1], ("Access-Control-Allow-Headers", "*"))),
        ("http.cors-preflight", preflight(("Access-Control-Allow-Origin", "https://other.example"), ALLOWED[1])),
        ("http.cors-expose", exchange(headers=(ORIGIN,), fields=(*ALLOWED, ("Retry-After", "1")))),
        ("http.rate-limits", exchange()),
    ],
)
def test_a_breach_is_found(row, fault):
    """An answer that breaks the promise is found, whatever else went well."""
    assert verdict(row, LISTED, fault) in {Verdict.FAIL, Verdict.WARN, Verdict.NOTE}


@pytest.mark.parametrize(
    ("row", "silent"),
    [
        ("http.stays-open", exchange()),
        ("http.stream-ends", streamed(timed=False)),
        ("http.coding-accepted", exchange(fields=(GZIP,))),
        ("http.content-coding", exchange(fields=(("Content-Encoding", "zstd"),), body=b"\x28\xb5\x2f\xfd")),
        ("http.expect-continue", exchange(headers=EXPECTING, status=0, ending=Ending.REFUSED)),
        ("http.upgrade-ignored", get(headers=H2C, status=404)),
        ("http.slash", get("/models")),
        ("http.slash", get("/elsewhere/")),
        ("http.cors-preflight", get("/chat/completions", method="OPTIONS")),
        ("http.cors-expose", exchange(fields=(("X-Request-Id", "1"),))),
    ],
)
def test_what_does_not_show_it_is_not_judged(row, silent):
    """An exchange that cannot show whether the promise is kept leaves it untested."""
    assert verdict(row, silent) is Verdict.UNTESTED


def test_over_tls_no_upgrade_is_asked_for():
    """Where every request went over TLS, the offer of h2c does not apply."""
    listed = get(url="https://target/v1/models", headers=(KEY,))

    assert verdict("http.upgrade-ignored", listed, base_url="https://target/v1") is Verdict.NOT_APPLICABLE
