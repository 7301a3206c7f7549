"""Reads the options of a chat request that shape its answer: stop texts, tools, structured answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.engine.generation import Form
from conformance.reference.engine.tools import Tool, fitting

if TYPE_CHECKING:
    from conformance.reference.fields import Fields

_MOST_STOPS = 4
_SCHEMA_WORDS = {"type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "items"}


def stop_texts(request: Fields, *, lenient: bool) -> tuple[str, ...]:
    """Return the stop texts: a string, or an array of at most four (any number where lenient)."""
    said = request.value("stop")
    if said is None:
        return ()
    texts = said if isinstance(said, list) else [said]
    if not all(isinstance(text, str) for text in texts) or (len(texts) > _MOST_STOPS and not lenient):
        raise request.wrong("stop", f"a string or an array of at most {_MOST_STOPS} strings")
    return tuple(text for text in texts if text)


def chosen_tools(request: Fields, prompt: str, *, told: bool, lenient: bool) -> tuple[Tool, ...]:
    """Return the tools to call: the forced one; else those that fit the prompt, at least one where that is required.

    `told` says that the conversation ends with what a tool told: then only a demanded tool is called again.
    """
    tools = [tool for tool in (_tool(said, request, lenient=lenient) for said in request.array("tools") or []) if tool]
    choice = request.value("tool_choice")
    if choice == "none" or not (tools or choice):
        return ()
    fits = fitting(tools, prompt)[: 1 if request.value("parallel_tool_calls") is False else None]
    if choice in (None, "auto") or (lenient and not tools):
        return () if told else fits
    if choice == "required" and tools:
        return fits or (tools[0],)
    named = _named(choice)
    found = next((tool for tool in tools if named and tool.name == named), None)
    if found is None and not lenient:
        raise request.wrong("tool_choice", "none, auto, required, or one of the tools by name")
    return (found,) if found else ()


def _tool(said: object, request: Fields, *, lenient: bool) -> Tool | None:
    function = said.get("function") if isinstance(said, dict) and said.get("type", "function") == "function" else None
    if isinstance(function, dict) and isinstance(function.get("name"), str) and function["name"]:
        parameters = function.get("parameters")
        if parameters is None or isinstance(parameters, dict):
            return Tool(function["name"], str(function.get("description") or ""), parameters)
    if lenient:
        return None
    raise request.wrong("tools", "an array of {type: function, function: {name, description, parameters}}")


def _named(choice: object) -> str:
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else ""


def answer_form(request: Fields, *, lenient: bool) -> Form | None:
    """Return the schema that the answer must keep: from `response_format`, or vLLM's `structured_outputs`."""
    outputs = request.object("structured_outputs")
    wanted = request.object("response_format")
    if outputs is not None and (form := _structured(outputs)):
        return form
    kind = wanted.value("type") if wanted else None
    if wanted is None or kind == "text":
        return None
    if kind == "json_object":
        return Form({"type": "object", "properties": {"answer": {"type": "string"}}})
    if kind == "json_schema":
        return _json_schema(wanted, lenient=lenient)
    if lenient:
        return None
    raise wanted.wrong("type", "text, json_object or json_schema")


def _json_schema(wanted: Fields, *, lenient: bool) -> Form | None:
    holder = wanted.value("json_schema")
    if isinstance(holder, dict):
        return Form(holder.get("schema", {"type": "object"}))
    if lenient:
        return None
    raise wanted.wrong("json_schema", "an object with a name and a schema")


def _structured(outputs: Fields) -> Form | None:
    choices, pattern = outputs.value("choice"), outputs.value("regex")
    if isinstance(choices, list) and choices:
        return Form({"enum": choices}, literal=True)
    if isinstance(pattern, str):
        return Form({"type": "string", "pattern": f"^(?:{pattern})$"}, literal=True)
    for holder in (outputs.value("json"), outputs.value("schema")):
        if isinstance(holder, dict):
            return Form(holder)
    return Form(outputs.all()) if outputs.all().keys() & _SCHEMA_WORDS else None
