"""Deviations that only an unusual way to write a request shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.answer import NOT_JSON
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.unusualfaults import WORDED, failing, paged, traced
from conformance.reference.deviations.unusualreading import (
    has_escaped_pair,
    has_lone_surrogate,
    has_no_number,
    number,
    repeats_a_name,
    said,
    texts,
    word,
)

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_MEGABYTE = 1_000_000
_DEEP = 500
"""Objects in a body whose depth is more than a parser's stack."""
_HOURS = 36_000.0
_LARGEST_SEED = 2**63 - 1
_MOST_PAIRS = 16
_KNOWN = frozenset({"x-api-key", "x-workspace-id", "x-genos-user-id", "x-request-id"})
_UNREAD = frozenset({"createCompletion", "createEmbedding", "generateStream"})
"""Operations that no fixed probe sends a long body to."""


@breaks("robustness.no-5xx", apis=OPENAI_LIKE, generated=True)
@breaks("errors.shape", apis=WORDED, generated=True)
@breaks("chat.params-accepted", apis=("cloud-temple",), generated=True)
@breaks("chat.optional-fields", apis=("neuroflash",), generated=True)
def model_last_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a body whose last member is the model with the 500 page of a proxy."""
    names = list(said(incoming))
    return paged(incoming, respond, where=len(names) > 1 and names[-1] == "model")


@breaks("errors.envelope", "generate.request", "robustness.no-5xx", apis=("multi-llm",), generated=True)
def messages_last_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a body whose last member is the messages with the 500 page of a proxy."""
    names = list(said(incoming))
    return paged(incoming, respond, where=len(names) > 2 and names[-1] == "messages")


@breaks("content.json-type", apis=ALL_APIS, generated=True)
def unknown_header_changes_the_type(incoming: Incoming, respond: Respond) -> Answer:
    """Declares JSON answers as text/plain where the request has a header field that it does not know."""
    answer = respond(incoming)
    unknown = any(name.startswith("x-") and name not in _KNOWN for name in incoming.headers)
    if unknown and answer.status == 200 and answer.frames is None:
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    return answer


@breaks("robustness.no-5xx", "errors.no-leak", apis=("cloud-temple", "openai"), generated=True)
def escaped_pairs_fail_outside_chats(incoming: Incoming, respond: Respond) -> Answer:
    """Answers text completions and embeddings with a stack trace where a surrogate pair is escaped."""
    where = incoming.operation in {"createCompletion", "createEmbedding"} and has_escaped_pair(incoming)
    return traced(incoming, respond, "UnicodeDecodeError: invalid continuation byte", where=where)


@breaks("robustness.no-5xx", apis=ALL_APIS, generated=True)
def nan_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a body with NaN or an infinity."""
    return failing(incoming, respond, where=has_no_number(incoming))


@breaks("robustness.no-5xx", apis=ALL_APIS, generated=True)
@breaks("errors.shape", apis=WORDED, generated=True)
@breaks("errors.envelope", apis=("multi-llm",), generated=True)
def lone_surrogate_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a text with half of a surrogate pair with the 500 page of a proxy."""
    return paged(incoming, respond, where=any(map(has_lone_surrogate, texts(incoming))))


@breaks("robustness.answered", "robustness.long-string", apis=("cloud-temple", "multi-llm", "openai"), generated=True)
def megabyte_hangs(incoming: Incoming, respond: Respond) -> Answer:
    """Never answers a body of a million bytes outside whole chats."""
    answer = respond(incoming)
    if len(incoming.body) >= _MEGABYTE and incoming.operation in _UNREAD:
        answer.delay = _HOURS
    return answer


@breaks("robustness.no-5xx", "errors.no-leak", apis=ALL_APIS, generated=True)
def repeated_name_shows_traceback(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 with a stack trace to a body that names a member twice."""
    return traced(incoming, respond, "ValueError: duplicate key", where=repeats_a_name(incoming))


@breaks("robustness.deep-json", "robustness.no-5xx", apis=ALL_APIS, generated=True)
@breaks("errors.shape", apis=WORDED, generated=True)
@breaks("errors.envelope", apis=("multi-llm",), generated=True)
def deep_objects_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers objects that nest a thousand levels deep with the 500 page of a proxy."""
    return paged(incoming, respond, where=incoming.json is NOT_JSON and incoming.body.count(b"{") > _DEEP)


@breaks("robustness.no-5xx", "errors.no-leak", apis=OPENAI_LIKE, generated=True)
def largest_seed_overflows(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 with a stack trace to the largest seed."""
    seed = number(incoming, "seed")
    overflows = seed is not None and seed >= _LARGEST_SEED
    return traced(incoming, respond, "OverflowError: Python int too large to convert to C long", where=overflows)


@breaks("robustness.no-5xx", "errors.no-leak", apis=OPENAI_LIKE, generated=True)
def user_beyond_ascii_shows_traceback(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 with a stack trace to a user's name beyond ASCII."""
    user = word(incoming, "user")
    odd = isinstance(user, str) and not user.isascii()
    return traced(incoming, respond, "UnicodeEncodeError: 'latin-1' codec can't encode character", where=odd)


@breaks("robustness.no-5xx", apis=("openai",), generated=True)
def most_metadata_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to the most pairs of metadata that are documented."""
    pairs = word(incoming, "metadata")
    return failing(incoming, respond, where=isinstance(pairs, dict) and len(pairs) == _MOST_PAIRS)
