"""Checks what OpenAI bounds in a request although it does not shape the answer of a deterministic engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.reference.fields import Fields

_TIERS = ("auto", "default", "flex", "scale", "priority", "fast")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_VERBOSITIES = ("low", "medium", "high")
_INT64 = 2**63
_MOST_PAIRS = 16
_LONGEST_KEY, _LONGEST_VALUE = 64, 512
_BIAS = 100
_MOST_STOPS = 4


def check_chat(request: Fields) -> None:
    """Refuse a chat request whose further options are not as OpenAI's document bounds them.

    Raises:
        Refusal: 400 naming the field.
    """
    _check_sampling(request)
    _check_streaming(request)
    _check_metadata(request)
    _one_of(request, "service_tier", _TIERS)
    _one_of(request, "reasoning_effort", _EFFORTS)
    _one_of(request, "verbosity", _VERBOSITIES)
    for name in ("store", "parallel_tool_calls", "logprobs"):
        request.flag(name)
    for name in ("safety_identifier", "prompt_cache_key"):
        request.text(name)
    if request.integer("top_logprobs", 0, 20) is not None and request.value("logprobs") is not True:
        raise request.wrong("top_logprobs", "left out unless logprobs is true")
    _check_form(request)


def check_completion(request: Fields) -> None:
    """Refuse a text completion request whose further options are not as OpenAI's document bounds them.

    Raises:
        Refusal: 400 naming the field.
    """
    _check_sampling(request)
    _check_streaming(request)
    request.flag("echo")
    request.text("suffix")
    request.integer("logprobs", 0, 5)
    best = request.integer("best_of", 0, 20)
    if best is not None and best < (request.integer("n", 1, 128) or 1):
        raise request.wrong("best_of", "at least n")
    if best is not None and best > 1 and request.value("stream") is True:
        raise request.wrong("best_of", "left out of a streamed request")


def _check_sampling(request: Fields) -> None:
    request.integer("seed", -_INT64, _INT64 - 1)
    stops = request.value("stop")
    if isinstance(stops, list) and not 1 <= len(stops) <= _MOST_STOPS:
        raise request.wrong("stop", f"a string or an array of 1 to {_MOST_STOPS} strings")
    bias = request.object("logit_bias")
    for token in bias.all() if bias else ():
        if not (token.isascii() and token.isdigit()):
            raise request.wrong("logit_bias", "an object whose names are token numbers")
        if bias and bias.number(token, -_BIAS, _BIAS) is None:
            raise bias.wrong(token, f"a number from -{_BIAS} to {_BIAS}")


def _check_streaming(request: Fields) -> None:
    further = request.object("stream_options")
    if further is None:
        return
    if request.value("stream") is not True:
        raise request.wrong("stream_options", "left out unless stream is true")
    for name in ("include_usage", "include_obfuscation"):
        further.flag(name)


def _check_metadata(request: Fields) -> None:
    metadata = request.object("metadata")
    pairs = metadata.all() if metadata else {}
    if len(pairs) > _MOST_PAIRS or any(len(name) > _LONGEST_KEY for name in pairs):
        raise request.wrong("metadata", f"at most {_MOST_PAIRS} pairs, with names of at most {_LONGEST_KEY} characters")
    for name, value in pairs.items():
        if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
            raise Refusal(400, f"'metadata.{name[:80]}' must be a short string.", "wrong-type", "metadata")


def _check_form(request: Fields) -> None:
    form = request.object("response_format")
    wanted = form.object("json_schema") if form and form.value("type") == "json_schema" else None
    if wanted is not None:
        wanted.required("name")
        wanted.text("name")
        wanted.flag("strict")


def _one_of(request: Fields, name: str, allowed: Sequence[str]) -> None:
    said = request.text(name)
    if said is not None and said not in allowed:
        raise request.wrong(name, "one of " + ", ".join(allowed))
