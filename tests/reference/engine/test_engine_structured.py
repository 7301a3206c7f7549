"""Structured answers: always an instance of their schema, or an honest refusal."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference.engine.generation import Form, Task, generate
from conformance.reference.engine.patterns import PatternError, Sampler
from conformance.reference.engine.structured import UnanswerableError, instance
from conformance.reference.engine.tools import Tool, call, fitting
from conformance.reference.engine.turns import Turn

names = st.text("abcdefgh_", min_size=1, max_size=6)


def bounded(kind, low, high):
    return st.tuples(st.integers(-50, 50), st.integers(0, 30)).map(
        lambda pair: {"type": kind, low: pair[0], high: pair[0] + pair[1] + 1}
    )


leaves = st.one_of(
    st.sampled_from(
        [{"type": "string"}, {"type": "boolean"}, {"type": "null"}, {"type": "integer"}, {"type": "number"}, {}]
    ),
    st.just(True),
    st.lists(st.one_of(st.integers(), st.text(), st.none()), min_size=1, max_size=3).map(lambda v: {"enum": v}),
    st.integers().map(lambda v: {"const": v}),
    bounded("integer", "minimum", "maximum"),
    bounded("number", "exclusiveMinimum", "exclusiveMaximum"),
    st.integers(1, 9).map(lambda step: {"type": "integer", "multipleOf": step, "minimum": 100}),
    st.tuples(st.integers(0, 20), st.integers(0, 9)).map(
        lambda p: {"type": "string", "minLength": p[0], "maxLength": p[0] + p[1]}
    ),
    st.sampled_from(["date", "date-time", "email", "uuid", "uri", "ipv4"]).map(
        lambda f: {"type": "string", "format": f}
    ),
    st.sampled_from(["^[A-Z]{2}\\d{3}$", "^(red|green)-[a-f]+$", "x?y*z+", "\\S\\w\\W"]).map(
        lambda p: {"type": "string", "pattern": p}
    ),
)


def objects(inner):
    def made(properties, closed):
        required = sorted(properties)[::2]
        return {"type": "object", "properties": properties, "required": required} | (
            {"additionalProperties": False} if closed else {}
        )

    return st.builds(made, st.dictionaries(names, inner, max_size=4), st.booleans())


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects(inner),
        st.builds(lambda items, n: {"type": "array", "items": items, "minItems": n}, inner, st.integers(0, 3)),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        st.builds(lambda one: {"$defs": {"x": one}, "allOf": [one]}, inner),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(schemas, st.integers())
def test_an_instance_is_valid_under_its_schema(schema, key):
    """For any satisfiable schema of these kinds, a valid and repeatable value is made."""
    value = instance(schema, key)

    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value)
    assert value == instance(schema, key)
    json.dumps(value, allow_nan=False)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}}},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
        {"type": "object", "minProperties": 3, "additionalProperties": {"type": "boolean"}},
        {"oneOf": [{"type": "string"}, {"type": "string", "minLength": 4}]},
        {"type": "object", "required": ["a"], "if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"type": "array", "contains": {"const": 5}, "items": {"type": "integer"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
        {"type": ["null", "integer"], "minimum": 7},
        {"not": {"type": "string"}},
        {"type": "number", "multipleOf": 0.01, "minimum": 3.005},
        {"type": "string", "pattern": "^[a-z]+$", "minLength": 12},
        {"type": "object", "propertyNames": {"pattern": "^f_[a-z]+$"}, "minProperties": 1},
        {"type": "object", "properties": {"a": {}}, "dependentRequired": {"a": ["b"]}},
        {"type": "object", "patternProperties": {"^n": {"type": "integer"}}, "required": ["n1"]},
    ],
    ids=str,
)
def test_rarer_keywords_are_answered(schema):
    """Recursion, uniqueness, conditions and the like are kept as well."""
    assert jsonschema_rs.validator_for(schema).is_valid(instance(schema))


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": 5},
        {"type": "integer", "minimum": 10, "maximum": 3},
        {"$ref": "https://example.com/schema"},
        {"$ref": "#"},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"type": "object", "minProperties": 10**9},
        {"type": "string", "pattern": "(?=a)b"},
        {"enum": []},
        {"$schema": "https://example.com/none", "type": "string"},
        {"type": "string", "pattern": "(((((((a+)+)+)+)+)+)+){9,}", "minLength": 400},
        {"type": "string", "pattern": "(((a{200}){200}){200}){200}"},
        {"type": "string", "pattern": "(" * 150 + ")" * 150 + "(?=x)"},
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_refused(schema):
    """An impossible, invalid or remote schema is refused, never answered wrongly, and nothing is fetched."""
    with pytest.raises(UnanswerableError):
        instance(schema)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "items", "properties", "$ref", "enum", "required", "anyOf", "allOf", "pattern", "not"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(json_values)
def test_any_json_value_as_schema_is_answered_or_refused(schema):
    """Whatever JSON stands where a schema should, nothing else than a refusal is raised."""
    try:
        value = instance(schema)
    except UnanswerableError:
        return
    assert jsonschema_rs.validator_for(schema).is_valid(value)


@pytest.mark.parametrize(
    "pattern",
    ["abc", "a|b", "[^a-z]", "\\d{2,4}-\\w+", "(?:x(?<y>y)?)*", "^\\$\\.\\x41\\u00e9$", "[\\d-]+", "a{,3}", "é+?"],
)
def test_a_sample_matches_its_pattern(pattern):
    """A text is written that the pattern matches."""
    spelt = pattern.replace("(?<", "(?P<")

    assert re.search(spelt, Sampler(pattern, lambda options: options[-1], extra=2).sample())


@settings(deadline=None)
@given(st.text("ab[](){}|*+?^$\\-dwsxu,.0 12:<=!"))
def test_any_pattern_is_sampled_or_refused(pattern):
    """A broken pattern is refused in no other way than by its own error."""
    with suppress(PatternError):
        Sampler(pattern, lambda options: options[0]).sample()


def test_a_structured_answer_is_json_text():
    """A form makes the answer the JSON text of an instance, a literal one the bare text."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    turns = (Turn("user", "Where?"),)

    assert json.loads(generate(Task("m", turns, form=Form(schema))).text) == {"city": "city"}
    assert generate(Task("m", turns, form=Form({"enum": ["yes"]}, literal=True))).text == "yes"


def test_a_call_has_arguments_of_its_schema():
    """A tool is called with JSON text that its parameters allow."""
    tool = Tool(
        "get_weather", parameters={"type": "object", "properties": {"c": {"type": "string"}}, "required": ["c"]}
    )
    called = call(tool, 1)

    assert (called.name, json.loads(called.arguments)) == ("get_weather", {"c": "c"})
    assert call(tool, 1) == called
    assert json.loads(call(Tool("now"), 1).arguments) == {}


def test_a_fitting_tool_shares_a_word_with_the_prompt():
    """A free choice takes the tool that the prompt speaks of, or none."""
    tools = [Tool("get_time"), Tool("getWeather", "Tells the weather")]

    assert fitting(tools, "How is the weather in Paris?") == (tools[1],)
    assert fitting(tools, "Hello") == ()


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("Call get_time, then get_weather_alerts.", ["get_time", "get_weather_alerts"]),
        ("Tell me the weather and the time in Paris.", ["get_time", "get_weather"]),
        ("What is the weather?", ["get_weather"]),
        ("Is it warm?", ["get_weather"]),
    ],
)
def test_the_tools_that_a_prompt_names_fit(prompt, names):
    """Tools named literally or by a word of their own all fit; else one whose description does."""
    tools = [Tool("get_time"), Tool("get_weather", "Tells whether it is warm"), Tool("get_weather_alerts")]

    assert [tool.name for tool in fitting(tools, prompt)] == names


@pytest.mark.parametrize(
    "parameters",
    [
        {"$schema": "https://example.com/unknown", "type": "object", "properties": {"a": {"type": "integer"}}},
        {"$ref": "#/$defs/Node", "$defs": {"Node": {"type": "object", "properties": {"in": {"$ref": "#/$defs/Node"}}}}},
        {"anyOf": [{"properties": {"a": {"format": "date"}}, "required": ["a"]}, {"required": ["b"]}]},
        {"type": "object", "additionalProperties": False, "properties": {"at": {"type": "string", "format": "uri"}}},
        {},
    ],
    ids=["$schema", "$ref", "anyOf", "format", "empty"],
)
def test_any_object_schema_is_called(parameters):
    """Whatever JSON Schema has for objects, the arguments are an object that it allows."""
    arguments = json.loads(call(Tool("f", parameters=parameters), 1).arguments)

    assert isinstance(arguments, dict)
    assert jsonschema_rs.is_valid({name: said for name, said in parameters.items() if name != "$schema"}, arguments)


def test_a_call_longer_than_the_cap_is_cut():
    """The arguments count as output tokens, and a cap cuts them honestly."""
    tool = Tool(
        "f", parameters={"type": "object", "properties": {"long_name": {"type": "string"}}, "required": ["long_name"]}
    )
    answer = generate(Task("m", (Turn("user", "x"),), cap=2, tools=(tool,)))

    assert (answer.tokens, answer.finish) == (2, "length")
