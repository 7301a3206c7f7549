"""What an expression matches is not recorded, however it is escaped or cut."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import pytest

from conformance.exchange.harwriting import to_entry
from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL, Exchange, Piece, Request, Response
from conformance.exchange.patterns import IDENTIFIERS
from conformance.exchange.redaction import Redaction

WANTED = Redaction(
    frozenset({"sk-0123456789abcdef"}), scrub=(*IDENTIFIERS, "acme[ -]?müller", r"tenant=(?P<private>\w+)")
)
ORG = "org-Ab12Cd34Ef56"


def exchange(body=b"", headers=(), url="https://host/v1", answer=(), answer_headers=(), detail=""):
    pieces = tuple(Piece(0.1, each) for each in answer)
    return Exchange(
        "x.1", Request("POST", url, headers, body), Response(200, headers=answer_headers, pieces=pieces), detail=detail
    )


def answered(*pieces, headers=()):
    return WANTED.exchange(exchange(answer=pieces, answer_headers=headers)).response


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f'{{"a":"{ORG}"}}', '{"a":"[Private]"}'),
        (json.dumps({"a": json.dumps({"account_id": "x-1"})}), r'{"a": "{\"account_id\": \"[Private]\"}"}'),
        ('{"a":"' + "".join(f"\\u{ord(c):04x}" for c in ORG) + '"}', '{"a":"[Private]"}'),
        ('{"organizationId" : "zz"}', '{"organizationId" : "[Private]"}'),
        ('{"account_id":123456789012,"n":5}', '{"account_id":0,"n":5}'),
        ("proj_Ab12Cd34Ef56 user-rwabcdefghijklmnopqr", "[Private] [Private]"),
        ("user-friendly org-chart sk-short", "user-friendly org-chart sk-short"),
        ("see Acme/acme müller/acme-müller.", "see Acme/[Private]/[Private]."),
        (json.dumps("acme müller"), '"[Private]"'),
        (quote("acme müller"), "[Private]"),
        ("acme+m%C3%BCller", "[Private]"),
        ("?tenant=abc&x=1", "?tenant=[Private]&x=1"),
        ("https://h/organizations/abc/models", "https://h/organizations/[Private]/models"),
        (f"sk-0123456789abcdef {INVALID_CREDENTIAL}", f"{FILTERED} {INVALID_CREDENTIAL}"),
        ("sk-ABCDEFGHIJKLMNOPQRST", "[Private]"),
    ],
)
def test_a_body_is_kept_without_what_is_matched(said, kept):
    """Ids and what the user names are taken out of bodies in whatever escapes; all else stays; twice is as once."""
    found = answered(said.encode())
    assert found.body.decode() == kept
    again = WANTED.exchange(exchange(answer=(found.body,)))
    assert again.response.body.decode() == kept


@pytest.mark.parametrize("at", range(1, len(f'data: {{"a":"{ORG}"}}\n\n')))
def test_a_stream_may_be_cut_anywhere(at):
    """A match that is cut over pieces is taken out of all of them; as many pieces are left."""
    body = f'data: {{"a":"{ORG}"}}\n\n'.encode()
    found = answered(body[:at], body[at:])
    assert (len(found.pieces), found.body) == (2, b'data: {"a":"[Private]"}\n\n')


def test_every_part_of_an_exchange_is_kept_without_it():
    """URLs, header fields, bodies, coded and binary ones too, messages, cookies and what repeats them."""
    made = exchange(
        body=b"\xff" + ORG.encode(),
        headers=(("Cookie", "sid=crumb-778899"), ("X-Account-Id", "a1"), ("x-note", ORG)),
        url=f"https://host/{ORG}/v1?organization=abc&x={ORG}",
        answer=(gzip.compress(f"{ORG} crumb-778899 token-445566 acme-slug-1".encode()),),
        answer_headers=(
            ("Content-Encoding", "gzip"),
            ("Set-Cookie", "t=token-445566; Path=/"),
            ("OpenAI-Organization", "acme-slug-1"),
        ),
        detail=f"lost {ORG}",
    )
    kept = json.dumps(to_entry(WANTED.exchange(made)))
    for secret in (ORG, "crumb-778899", "a1", "abc", "token-445566", "acme-slug-1"):
        assert f"{secret}" not in kept.replace("Authorization", "")
    assert WANTED.exchange(made).response.body == b"[Private] [Private] [Private] [Private]"
    assert WANTED.exchange(made).request.body == b"\xff[Private]"
    assert WANTED.exchange(WANTED.exchange(made)) == WANTED.exchange(made)


def test_a_greedy_expression_leaves_the_marks_of_the_suite():
    """Whatever is matched, what judges know a request by stays."""
    greedy = Redaction(scrub=(".+",))
    kept = greedy.exchange(exchange(body=f"a {INVALID_CREDENTIAL} b".encode(), url="https://host/v1"))
    assert kept.request.body.decode() == f"[Private]{INVALID_CREDENTIAL}[Private]"
    assert greedy.exchange(kept) == kept


def test_messages_and_base_urls_are_scrubbed_alike():
    """Text of our own that names the target is scrubbed as its URLs are."""
    hidden = Redaction(scrub=(r"(?i)gw\.example",))
    assert hidden.text("https://GW.example:8443/v1") == "https://%5BPrivate%5D:8443/v1"
    assert hidden.text("cannot reach gw.example") == "cannot reach [Private]"


def test_nothing_is_scrubbed_where_nothing_is_asked_for():
    """A run that names no expressions records ids and header fields as they are."""
    made = exchange(body=ORG.encode(), headers=(("X-Account-Id", "a1"),), answer=(b"acme-slug-1",))
    assert Redaction().exchange(made) == made
