"""The word of the cap is the newer one only where a target takes no other."""

from __future__ import annotations

import json

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.judges.evidence import Evidence
from conformance.judges.verdicts import judge_all

BASE = "https://target.test/v1"
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
REFUSED = {"error": {"message": "'max_tokens' is not supported"}}
OLDER, NEWER = {"max_tokens": 3}, {"max_completion_tokens": 3}


def asked(words, status=200, used=3, finish="length", path="/chat/completions"):
    """Return an exchange whose request has these words."""
    main = {"messages": [{"role": "user", "content": "hi"}]} if "chat" in path else {"prompt": "hi"}
    sent = json.dumps({"model": "m", **main, **words}).encode()
    choice = {"index": 0, "message": {"role": "assistant", "content": "one"}, "finish_reason": finish}
    usage = {"prompt_tokens": 1, "completion_tokens": used, "total_tokens": used + 1}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    said = json.dumps(body if status == 200 else REFUSED).encode()
    told = Response(status, headers=(("Content-Type", "application/json"),), pieces=(Piece(0.1, said),))
    return Exchange("e", Request("POST", BASE + path, HEADERS, sent), told)


@pytest.mark.parametrize(
    ("exchanges", "newer"),
    [
        ([asked(OLDER, 400), asked(NEWER)], True),
        ([asked(OLDER, 400), asked(NEWER), asked({"max_tokens": None})], True),
        ([asked(OLDER, 400), asked(NEWER), asked(OLDER, path="/completions")], True),
        ([asked(OLDER), asked(NEWER)], False),
        ([asked(OLDER, 400), asked(OLDER), asked(NEWER)], False),
        ([asked(OLDER, 400), asked(NEWER, 400)], False),
        ([asked(OLDER, 400), asked(OLDER | NEWER)], False),
        ([asked(OLDER, 429), asked(NEWER)], False),
        ([asked(NEWER)], False),
        ([asked({"max_tokens": [1]}, 400), asked(NEWER)], False),
    ],
)
def test_newer_word_is_plain_where_the_older_is_never_taken(exchanges, newer):
    """A request with the newer word is plain where each one with the older is refused, and special elsewhere."""
    evidence = Evidence(load_api("openai"), exchanges, BASE)
    special = [r.features for r in evidence.readings if r.word("max_completion_tokens") == 3]

    assert (special == [frozenset()]) is newer
    assert {r.cap_word for r in evidence.readings if r.operation.kind == "completion"} <= {"max_tokens"}


@pytest.mark.parametrize(
    ("row", "words", "answer", "wanted"),
    [
        ("chat.max-tokens", NEWER, {"used": 9}, "fail"),
        ("chat.max-tokens", NEWER, {"used": 3}, "pass"),
        ("chat.length-reason", NEWER, {"finish": "length"}, "pass"),
        ("chat.length-reason", NEWER, {"finish": "stop"}, "warn"),
        ("chat.length-reason", {}, {}, "untested"),
    ],
)
def test_cap_is_read_under_its_newer_name(row, words, answer, wanted):
    """Judges of the cap read the newer word of a target that takes no other."""
    exchanges = [asked(OLDER, 400), asked(NEWER, used=1), *(asked(words, **answer) for _ in range(2))]

    assert judge_all(load_api("openai"), exchanges, base_url=BASE, selected={row})[0].verdict == wanted
