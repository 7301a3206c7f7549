"""The response schemas demand the must-fields, the should-fields in their sister, nothing else."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from documents import quoted, schemas
from shapes import CHUNK, EMBEDDINGS, SHAPES, TEXT_COMPLETION, answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapes import Shape

Place = tuple[str | int, ...]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OF_EACH_TYPE = [(str, "7"), (bool, True), ((int, float), -7.5), (list, [7]), (dict, {"a": 7})]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.api}-{shape.schema}")
openai_like = pytest.mark.parametrize("api", ["cloud-temple", "genos", "neuroflash"])


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every member of an object and every element of an array in a JSON value, with where it stands."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*at, key), one
        yield from places(one, (*at, key))


def pointer(place: Place) -> str:
    return "".join(f"/{token}" for token in place)


def changed(example: Any, place: Place, *new: Any) -> Any:
    """Return the example with the member at this place replaced, or left out."""
    copy = deepcopy(example)
    here = copy
    for token in place[:-1]:
        here = here[token]
    if new:
        here[place[-1]] = new[0]
    else:
        del here[place[-1]]
    return copy


def accepts(shape: Shape, value: Any) -> tuple[bool, bool]:
    """Tell whether what must hold holds, and whether what should does too."""
    known = schemas(shape.api)
    return known.valid(shape.schema, value), known.valid(shape.recommended or shape.schema, value)


def of_other_types(value: Any) -> list[Any]:
    """Return null and one value of each JSON type that this value is not of."""
    mine = next(kind for kind, _ in OF_EACH_TYPE if isinstance(value, kind))
    return [None, *(one for kind, one in OF_EACH_TYPE if kind is not mine)]


@every_shape
def test_the_full_example_is_accepted(shape):
    """Both strengths accept the full example, with undocumented fields anywhere too."""
    assert accepts(shape, shape.example) == (True, True)
    for place, value in [((), shape.example), *places(shape.example)]:
        if isinstance(value, dict) and place[-1:] != ("by_model",):
            assert accepts(shape, changed(shape.example, (*place, "undocumented"), {"x": None})) == (True, True)


@every_shape
def test_a_missing_member_is_refused_by_the_strength_that_demands_it(shape):
    """Without a must-field neither accepts, without a should-field only the weaker does, without others both do."""
    named = [place for place, _ in places(shape.example) if isinstance(place[-1], str)]
    found = {pointer(place): accepts(shape, changed(shape.example, place)) for place in named}
    assert shape.must | shape.should <= set(found)
    assert {at for at, (basic, _) in found.items() if not basic} == shape.must
    assert {at for at, (_, full) in found.items() if not full} == shape.must | shape.should


@every_shape
def test_a_must_field_of_another_type_is_refused(shape):
    """A must-field that is null or of another JSON type than in the example is refused, null only if it may not be."""
    for place, value in places(shape.example):
        if pointer(place) in shape.must and value is not None:
            for other in of_other_types(value):
                good = other is None and pointer(place) in shape.nullable
                assert accepts(shape, changed(shape.example, place, other))[0] is good, (pointer(place), other)


@every_shape
def test_a_constant_is_that_constant(shape):
    """The kind of object, and the role of an answer in OpenAI's format, are no other text."""
    for place, value in places(shape.example):
        constant = place[-1] == "object" or (place[-1] == "role" and shape.api != "multi-llm")
        if constant and pointer(place) in shape.must | shape.should:
            assert not accepts(shape, changed(shape.example, place, f"{value}-of-another-kind"))[1], pointer(place)


@every_shape
def test_a_should_field_of_another_type_is_refused_by_the_recommended_schema(shape):
    """A should-field that the example shows with a value is of that JSON type, or null only if it may be."""
    for place, value in places(shape.example):
        if pointer(place) in shape.should and value is not None and place[-1] not in ("finish_reason", "parent"):
            for other in of_other_types(value):
                good = other is None and pointer(place) in shape.nullable
                assert accepts(shape, changed(shape.example, place, other))[1] is good, (pointer(place), other)


@every_shape
def test_without_the_should_fields_what_must_hold_still_holds(shape):
    """An answer without any should-field is accepted by the schema of what must hold, and by no other."""
    bare = deepcopy(shape.example)
    for place, _ in reversed(list(places(shape.example))):
        if pointer(place) in shape.should:
            bare = changed(bare, place)
    assert accepts(shape, bare) == (True, not shape.should)


@openai_like
@pytest.mark.parametrize(
    ("message", "good"),
    [
        ({"content": None, "tool_calls": [CALL]}, True),
        ({"tool_calls": [CALL]}, True),
        ({"content": "a", "tool_calls": []}, True),
        ({"content": "a", "tool_calls": None}, True),
        ({"content": None, "tool_calls": []}, False),
        ({"content": None}, False),
        ({}, False),
        ({"content": 7, "tool_calls": [CALL]}, False),
    ],
)
def test_null_content_needs_tool_calls(api, message, good):
    """Content may be null or absent beside tool calls, and nowhere else."""
    body = answered(created=1)
    body["choices"][0]["message"] = {"role": "assistant", **message}
    assert schemas(api).valid("ChatCompletion", body) is good


@pytest.mark.parametrize("api", ["cloud-temple", "genos", "neuroflash", "openai"])
@pytest.mark.parametrize(
    "wrong",
    [{"id": 7}, {"type": "tool"}, {"function": {"name": "f", "arguments": {}}}, {"function": {"arguments": "{}"}}],
)
def test_a_tool_call_has_openais_shape(api, wrong):
    """A tool call has an id, the type function, a name, and arguments as text."""
    assert schemas(api).valid("ToolCall", CALL)
    assert not schemas(api).valid("ToolCall", {**CALL, **wrong})


@pytest.mark.parametrize(
    ("api", "schema", "value", "good"),
    [
        ("cloud-temple", "ChatCompletionChunk", {}, True),
        ("cloud-temple", "ChatCompletionChunk", ["x"], False),
        ("cloud-temple", "ChatCompletionChunkRecommended", {**CHUNK, "choices": [], "usage": {}}, True),
        ("cloud-temple", "Completion", answered(created=1), True),
        ("cloud-temple", "Completion", answered(), False),
        ("cloud-temple", "Completion", ["text_completion"], False),
        ("genos", "ChatCompletion", answered(created=10**30), True),
        ("genos", "ChatCompletion", answered(created=1, usage=None), False),
        ("genos", "ChatCompletionChunk", {**CHUNK, "choices": []}, True),
        ("genos", "ModelList", {"data": []}, False),
        ("genos", "ModelList", {"data": [{"id": ""}]}, False),
        ("genos", "ModelList", {"data": [{"id": "a"}, {"id": 7}]}, True),
        ("neuroflash", "ChatResponse", {}, True),
        ("neuroflash", "ChatResponse", [], False),
        ("neuroflash", "Health", None, True),
        ("neuroflash", "Health", {}, True),
        ("neuroflash", "Error", {"error": "m"}, True),
        ("neuroflash", "Error", {"error": "m", "code": "c"}, True),
        ("neuroflash", "Error", {"errors": [{"field": "f", "message": "m", "type": "t"}]}, True),
        ("neuroflash", "Error", {"error": {"message": "m", "type": "t"}}, True),
        ("neuroflash", "Error", {"errors": []}, False),
        ("neuroflash", "Error", {"error": 7}, False),
        ("neuroflash", "Error", {"detail": "m"}, False),
        ("neuroflash", "Error", "m", False),
        ("openai", "ChatCompletion", answered(created=1, usage=None), True),
        ("openai", "ChatCompletionRecommended", answered(created=1, usage=None), False),
        ("openai", "ChatCompletion", answered(created=1.5), False),
        ("openai", "ChatCompletion", answered(created="1"), False),
        ("openai", "ChatCompletion", answered(created=1, choices=[]), False),
        ("openai", "FinishReasons", {"choices": [{"finish_reason": "function_call"}]}, True),
        ("openai", "FinishReasons", {"choices": [{"finish_reason": "eos_token"}]}, False),
        ("openai", "Completion", {**TEXT_COMPLETION, "object": "chat.completion"}, False),
        ("openai", "CompletionChunk", {**TEXT_COMPLETION, "choices": [{"index": 0, "delta": {}}]}, False),
        ("openai", "CompletionChunk", {**TEXT_COMPLETION, "choices": []}, True),
        ("openai", "EmbeddingList", {**EMBEDDINGS, "data": []}, False),
        ("openai", "EmbeddingList", quoted("openai", "Base64EmbeddingList"), True),
        ("openai", "ModelList", {"object": "list", "data": []}, True),
        ("openai", "ModelList", {"object": "list", "data": [{"id": ""}]}, False),
        ("openai", "ModelList", {"object": "list", "data": [{"id": "m", "created": "now"}]}, False),
        ("openai", "ModelList", [{"id": "m"}], False),
        ("openai", "Error", {"error": {"message": "m", "type": "t", "code": 400}}, True),
        ("openai", "ErrorRecommended", {"error": {"message": "m", "type": "t", "code": 400, "param": None}}, False),
        ("openai", "Error", {"error": "m"}, False),
        ("openai", "Error", {"detail": "m"}, False),
        ("openai", "Error", {"object": "error", "message": "m", "type": "t"}, False),
        ("multi-llm", "StreamChunk", {"id": "i", "choices": []}, True),
        ("multi-llm", "StreamChunkRecommended", {"id": "i", "choices": []}, False),
        ("multi-llm", "StreamChunk", {"id": "i", "choices": [{"delta": {}}]}, True),
        ("multi-llm", "StreamChunk", {"id": "i", "choices": [{"delta": {"content": None}}]}, False),
    ],
)
def test_the_rulings_hold(api, schema, value, good):
    """Where the contract rules on a doubtful form, the schema says the same."""
    assert schemas(api).valid(schema, value) is good


@pytest.mark.parametrize(
    ("schema", "at", "wrong"),
    [
        ("ModelStatus", "/last_check", "yesterday"),
        ("ModelStatus", "/error_rate", 1.5),
        ("ModelStatus", "/response_time_ms", -1),
        ("Health", "/timestamp", "2025-01-01 12:00"),
        ("Health", "/models/available", -1),
        ("UsageStats", "/period/start", "2025-13-01"),
        ("UsageStats", "/total_tokens", 1.5),
        ("PerformanceStats", "/success_rate", 98.7),
        ("ModelList", "/models/0/limits/max_tokens", 0),
        ("GenerateResponse", "/cost/total_cost", -0.1),
    ],
)
def test_formats_and_ranges_are_asserted(schema, at, wrong):
    """Dates, times, rates and counts outside what the documents say are refused."""
    value = quoted("multi-llm", schema)
    place = next(place for place, _ in places(value) if pointer(place) == at)
    assert schemas("multi-llm").valid(schema, value)
    assert not schemas("multi-llm").valid(schema, changed(value, place, wrong))
