"""No secret is left in a redacted exchange, and everything else is as it was."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL, Exchange, Piece, Request, Response
from conformance.exchange.redaction import Redaction, echoes

KEY = 'sk-"9/é+x 7&<z>'
PLAIN = Redaction(frozenset({"sk-0123456789"}))


def exchange(headers=(), body=b"", url="https://host/v1", answer=b"", answer_headers=()):
    pieces = (Piece(0.1, answer),) if answer else ()
    return Exchange(
        "ex-0001", Request("POST", url, headers, body), Response(200, "OK", "HTTP/1.1", answer_headers, pieces)
    )


def request_header(name, value, redaction=PLAIN):
    return redaction.exchange(exchange(headers=((name, value),))).request.headers[0][1]


@pytest.mark.parametrize(
    ("name", "value", "redacted"),
    [
        ("Authorization", "Bearer sk-0123456789", "Bearer [Filtered]"),
        ("authorization", "bearer sk-0123456789", "bearer [Filtered]"),
        ("AUTHORIZATION", "BEARER  another", "BEARER  [Filtered]"),
        ("Authorization", "Basic dXNlcjpwYXNz", "Basic [Filtered]"),
        ("Authorization", "Bearer x", "Bearer [Filtered]"),
        ("Authorization", "sk-0123456789", "[Filtered]"),
        ("Authorization", "Unheard of secret", "[Filtered]"),
        ("Authorization", "", ""),
        ("Authorization", "Bearer", "Bearer"),
        ("Authorization", "Bearer ", "Bearer "),
        ("Authorization", f"Bearer {INVALID_CREDENTIAL}", f"Bearer {INVALID_CREDENTIAL}"),
        ("Authorization", f"Bearer {INVALID_CREDENTIAL}, another", "Bearer [Filtered]"),
        ("X-API-Key", INVALID_CREDENTIAL, INVALID_CREDENTIAL),
        ("X-API-Key", "my spaced words", "[Filtered]"),
        ("Proxy-Authorization", "Basic abc", "Basic [Filtered]"),
        ("api-key", "abc", "[Filtered]"),
        ("x-goog-api-key", "abc", "[Filtered]"),
        ("Cookie", "a=b; c=d", "[Filtered]"),
        ("OpenAI-Organization", "org-1", "[Filtered]"),
        ("OpenAI-Project", "proj-1", "[Filtered]"),
        ("x-workspace-id", "ws-1", "[Filtered]"),
        ("x-workspace-id", "", ""),
        ("X-Other", "see sk-0123456789.", "see [Filtered]."),
        ("X-Other", "sk-01234", "sk-01234"),
        ("Content-Type", "application/json", "application/json"),
    ],
)
def test_a_credential_in_a_request_header_is_replaced_and_its_scheme_kept(name, value, redacted):
    assert request_header(name, value) == redacted
    assert request_header(name, redacted) == redacted


def test_the_profile_names_further_credential_headers():
    assert request_header("X-Genos-Key", "abc") == "abc"
    assert request_header("X-Genos-Key", "abc", Redaction(credential_headers=frozenset({"x-genos-KEY"}))) == FILTERED


def test_an_absent_credential_stays_absent():
    plain = exchange(headers=(("Accept", "*/*"),), body=b"{}", answer=b"{}", answer_headers=(("Server", "x"),))
    assert PLAIN.exchange(plain) == plain


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://h/v1?key=abc&a=1", "https://h/v1?key=[Filtered]&a=1"),
        (
            "https://h/v1?a=1&API_KEY=abc;token=x#access_token=y",
            "https://h/v1?a=1&API_KEY=[Filtered];token=[Filtered]#access_token=[Filtered]",
        ),
        ("https://h/v1?api%2Dkey=abc", "https://h/v1?api%2Dkey=[Filtered]"),
        ("https://h/v1?key=", "https://h/v1?key="),
        (f"https://h/v1?key={INVALID_CREDENTIAL}", f"https://h/v1?key={INVALID_CREDENTIAL}"),
        ("https://h/v1?monkey=abc&max_tokens=5", "https://h/v1?monkey=abc&max_tokens=5"),
        ("https://me:pw@h:8/v1", "https://%5BFiltered%5D@h:8/v1"),
        ("https://sk-0123456789.h/sk-0123456789?q=sk-0123456789", "https://%5BFiltered%5D.h/[Filtered]?q=[Filtered]"),
        ("https://h/v1?q=sk%2D0123456789", "https://h/v1?q=[Filtered]"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1"),
        ("not a url", "not a url"),
    ],
)
def test_a_url_loses_its_credentials_and_stays_a_url(url, redacted):
    found = PLAIN.exchange(exchange(url=url))
    assert found.request.url == redacted
    assert PLAIN.exchange(found).request.url == redacted
    urlsplit(found.request.url)


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        quote(KEY, safe=""),
        quote(KEY),
        quote_plus(KEY),
        quote(KEY, safe="").lower(),
        json.dumps(KEY)[1:-1],
        json.dumps(KEY, ensure_ascii=False)[1:-1],
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
        "".join(f"\\u{ord(c):04X}" for c in KEY),
        KEY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
    ],
)
def test_a_secret_is_found_however_it_is_written(written):
    found = Redaction(frozenset({KEY})).exchange(
        exchange(body=f"<{written}>".encode(), answer=f"<{written}>".encode(), answer_headers=(("X", f"<{written}>"),))
    )
    assert found.request.body == b"<[Filtered]>"
    assert found.response.body == b"<[Filtered]>"
    assert found.response.headers == (("X", "<[Filtered]>"),)


def test_a_secret_cut_over_pieces_is_replaced_where_it_begins():
    pieces = (
        Piece(0.1, b"a sk-0123"),
        Piece(0.2, b""),
        Piece(0.3, b"45"),
        Piece(0.4, b"6789 b sk-0123456789"),
        Piece(0.5, b"!"),
    )
    plain = replace(exchange(), response=Response(200, pieces=pieces))
    found = PLAIN.exchange(plain).response.pieces
    assert found == (
        Piece(0.1, b"a [Filtered]"),
        Piece(0.2, b""),
        Piece(0.3, b""),
        Piece(0.4, b" b [Filtered]"),
        Piece(0.5, b"!"),
    )


def test_a_compressed_body_with_a_secret_is_kept_decoded():
    coded = gzip.compress(b'{"error": "bad key sk-0123456789"}')
    headers = (("Content-Encoding", "gzip"), ("Content-Length", str(len(coded))), ("X", "y"))
    plain = replace(
        exchange(), response=Response(200, headers=headers, pieces=(Piece(0.1, coded[:9]), Piece(0.2, coded[9:])))
    )
    found = PLAIN.exchange(plain).response
    assert found.body == b'{"error": "bad key [Filtered]"}'
    assert found.headers == (("X", "y"),)
    assert [piece.at for piece in found.pieces] == [0.1, 0.2]


def test_a_compressed_body_without_a_secret_is_left_alone():
    plain = exchange(answer=gzip.compress(b"{}"), answer_headers=(("Content-Encoding", "gzip"),))
    assert PLAIN.exchange(plain) == plain


def test_a_short_secret_does_not_shred_bodies():
    found = Redaction(frozenset({"k"})).exchange(
        exchange(
            headers=(("Authorization", "Bearer k"), ("X-Odd", "k"), ("X-Ok", "kk")),
            body=b"kick",
            answer=b'{"error": "Bearer k, Bearer kk, token k", "k": 1}',
        )
    )
    assert found.request.headers == (("Authorization", "Bearer [Filtered]"), ("X-Odd", FILTERED), ("X-Ok", "kk"))
    assert found.request.body == b"kick"
    assert found.response.body == b'{"error": "Bearer [Filtered], Bearer kk, token [Filtered]", "k": 1}'


def test_our_own_public_words_survive_a_key_that_is_a_part_of_them():
    found = Redaction(frozenset({"llm-conformance"})).exchange(
        exchange(
            headers=(("Authorization", f"Bearer {INVALID_CREDENTIAL}"),),
            answer=f"{INVALID_CREDENTIAL} llm-conformance".encode(),
        )
    )
    assert found.request.header("authorization") == f"Bearer {INVALID_CREDENTIAL}"
    assert found.response.body == f"{INVALID_CREDENTIAL} [Filtered]".encode()


def test_the_key_that_a_request_presents_is_a_secret_without_being_told():
    found = Redaction().exchange(
        exchange(headers=(("Authorization", "Bearer sk-unknown-to-us"),), answer=b"wrong key: sk-unknown-to-us")
    )
    assert found.response.body == b"wrong key: [Filtered]"


def test_reasons_and_details_are_redacted():
    plain = exchange()
    plain = replace(
        plain, detail="no route to sk-0123456789", response=replace(plain.response, reason="Bad sk-0123456789")
    )
    found = PLAIN.exchange(plain)
    assert (found.detail, found.response.reason) == ("no route to [Filtered]", "Bad [Filtered]")


def test_an_exchange_without_a_response_is_redacted():
    plain = Exchange("ex-0001", Request("GET", "https://h/sk-0123456789"))
    assert PLAIN.exchange(plain).request.url == "https://h/[Filtered]"


SENT = (("Authorization", "Bearer sk-0123456789"), ("x-workspace-id", "workspace-77"))
WRONG = (("Authorization", f"Bearer {INVALID_CREDENTIAL}"),)


@pytest.mark.parametrize(
    ("sent", "headers", "body", "places"),
    [
        (SENT, (("X-Debug", "key=sk-0123456789"),), b"", ["response header X-Debug"]),
        (SENT, (("X-API-Key", "sk-0123456789"),), b"", ["response header X-API-Key"]),
        (SENT, (), b'{"error": "sk-0123456789"}', ["response body, byte 11"]),
        (
            WRONG,
            (("X", INVALID_CREDENTIAL),),
            INVALID_CREDENTIAL.encode(),
            ["response header X", "response body, byte 0"],
        ),
        (SENT, (("Set-Cookie", "s=sk-0123456789"),), b"", []),
        (SENT, (("openai-organization", "org-of-the-vendor"),), b"", []),
        (SENT, (("Authorization", "Bearer a-fresh-token"),), b"", []),
        (SENT, (("x-workspace-id", "workspace-77"),), b'{"workspace": "workspace-77"}', []),
        (SENT, (), b"{}", []),
        ((), (), b"the text was [Filtered]", []),
        (SENT, (), INVALID_CREDENTIAL.encode(), []),
    ],
)
def test_echoes_are_where_the_response_repeats_the_credential_that_was_sent(sent, headers, body, places):
    redaction = Redaction(frozenset({"sk-0123456789", "workspace-77"}))
    found = redaction.exchange(exchange(headers=sent, answer=body, answer_headers=headers))
    assert echoes(found) == places
    assert echoes(redaction.exchange(found)) == places


def test_nothing_echoes_without_a_response():
    assert echoes(Exchange("ex-0001", Request("GET", "https://h", SENT))) == []


def test_private_values_are_taken_out_everywhere():
    found = Redaction(private=frozenset({"workspace-77"})).exchange(
        exchange(body=b"workspace-77", answer=b"workspace-77")
    )
    assert (found.request.body, found.response.body) == (b"[Private]", b"[Private]")


def test_a_key_that_is_private_too_is_a_key():
    redaction = Redaction(private=frozenset({"workspace-77"}))
    found = redaction.exchange(exchange(headers=(("Authorization", "Bearer workspace-77"),), answer=b"workspace-77"))
    assert found.request.header("authorization") == "Bearer [Filtered]"
    assert echoes(found) == ["response body, byte 0"]


def test_a_short_private_value_is_no_credential_even_if_it_is_listed_as_one():
    redaction = Redaction(frozenset({"ws-1"}))
    sent = (("Authorization", "Bearer sk-0123456789"), ("x-workspace-id", "ws-1"))
    assert echoes(redaction.exchange(exchange(headers=sent, answer_headers=(("X-Tenant", "ws-1"),)))) == []


# Keys are visible ASCII (RFC 6750 § 2.1), and no key has the marks' brackets.
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="[]"), min_size=8, max_size=12)


def cut(body: bytes, places: list[int]) -> tuple[Piece, ...]:
    marks = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    return tuple(Piece(float(i), body[a:b]) for i, (a, b) in enumerate(pairwise(marks)))


@given(SECRET, st.lists(st.binary(max_size=6), min_size=1, max_size=4), st.lists(st.integers(0, 60)))
@example("Filtered", [b"[Filtered]", b""], [3])
def test_no_secret_is_left_and_redacting_again_changes_nothing(secret, between, cuts):
    redaction = Redaction(frozenset({secret}))
    body = secret.encode().join(between)
    plain = exchange(
        headers=(("Authorization", f"Bearer {secret}"), ("X", secret)), body=body, url=f"https://h/{quote(secret)}"
    )
    plain = replace(plain, response=Response(200, headers=(("X", f"a{secret}b"),), pieces=cut(body, cuts)))
    found = redaction.exchange(plain)
    assert redaction.exchange(found) == found
    assert [piece.at for piece in found.response.pieces] == [piece.at for piece in plain.response.pieces]
    assert found.response.body == found.request.body
    for text in (*(value for _, value in found.request.headers), found.request.url, found.response.headers[0][1]):
        assert secret not in text.replace(FILTERED, "\0")
    assert secret.encode() not in found.response.body.replace(FILTERED.encode(), b"\0")


@given(st.binary(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_redaction_never_raises(body, name, value):
    plain = exchange(
        headers=((name, value), ("Authorization", value)),
        body=body,
        url=value,
        answer=body,
        answer_headers=((name, value),),
    )
    found = Redaction(frozenset({value, name})).exchange(plain)
    assert isinstance(echoes(found), list)


def test_a_key_that_begins_with_a_private_value_is_filtered_whole():
    """The longer of two values counts, so that no rest of a key stays behind."""
    redaction = Redaction(frozenset({"workspace-7-key-0123"}), private=frozenset({"workspace-7"}))
    sent = Request(
        "GET", "http://host/", (("Authorization", "Bearer workspace-7-key-0123"), ("X-Workspace-Id", "workspace-7"))
    )

    kept = redaction.exchange(Exchange("e", sent, Response(200, pieces=(Piece(0.0, b"for workspace-7-key-0123"),))))

    assert kept.request.header("authorization") == "Bearer [Filtered]"
    assert kept.response.body == b"for [Filtered]"
