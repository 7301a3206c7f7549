"""What the tests of pages have in common: rows, an exchange, a hostile page, and a reader of pages."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from conformance.contract.model import Level, Requirement
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.reporters.json_report import run_document
from conformance.reporters.page.document import text

BREAK_OUTS = (
    "</script><script>x</script>",
    "</style><b>",
    '" onclick="x',
    "\u2028",
    "\u202e",
    "{{ 7 * 7 }}",
    "]]>",
    "-->",
)


def requirement(name: str, level: str = "must") -> Requirement:
    return Requirement(name, Level(level), "example", "000.txt, Antwort", f"The promise called {name} is kept.")


def exchange(body=b'{"usage":{"total":3},"choices":[{"index":0},{"index":0}]}', media="application/json", **more):
    pieces = tuple(Piece(0.1 * (n + 1), bytes([byte])) for n, byte in enumerate(body)) or (Piece(0.1, b""),)
    response = Response(200, "OK", headers=(("Content-Type", media), ("X-A", "b")), pieces=pieces)
    asked = Request("POST", "https://api.example/v1/chat", (("Accept", "*/*"),), b'{"model":"m"}')
    return Exchange("ex-0031", asked, response, seconds=10.0, **more)


class Reader(HTMLParser):
    """Keeps the tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Keep a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Keep text."""
        self.said.append(data)


def hostile_page(report, hostile):
    broken = report.results[0]
    texts = [hostile, *BREAK_OUTS]
    found = tuple(replace(broken.findings[0], message=word, where=f"/{word}", curl=f"curl {word}") for word in texts)
    spoiled = replace(
        report, title=texts[1], target=hostile, trouble=hostile, results=(replace(broken, findings=found),)
    )
    body = "".join(texts).encode(errors="replace")
    shown = replace(exchange(body), detail=hostile, request=Request(hostile, hostile, ((hostile, hostile),), body))
    return text(run_document(spoiled), {"ex-0031": shown})
