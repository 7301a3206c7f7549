"""Deviations of what a server makes of requests with tools."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Frame
from conformance.reference.deviations.chat import sent
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.toolbending import functions

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


def _messages(incoming: Incoming, role: str) -> list[dict[str, Any]]:
    said = sent(incoming).get("messages")
    return [m for m in said if isinstance(m, dict) and m.get("role") == role] if isinstance(said, list) else []


@breaks("tools.call-without-content", apis=OPENAI_LIKE, bugs=("tc-assistant-null-content",))
def null_beside_calls_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses null content beside the calls of an assistant's message."""
    called = [m for m in _messages(incoming, "assistant") if m.get("tool_calls") and m.get("content") is None]
    return refused(incoming, respond, "content must be a string") if called else respond(incoming)


@breaks("tools.own-call-accepted", apis=OPENAI_LIKE, bugs=("tc-roundtrip-own-output",))
def own_call_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses ids of calls of another form than nine letters and digits, and so its own."""
    names = [call["id"] for m in _messages(incoming, "assistant") for call in m.get("tool_calls", ())]
    strange = [name for name in names if len(name) != 9 and name != "call_1"]
    return refused(incoming, respond, "tool call ids have nine characters") if strange else respond(incoming)


@breaks("tools.result-parts", apis=OPENAI_LIKE, bugs=("tc-tool-parts-rejected",))
def tool_parts_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses what a tool told where it comes in parts."""
    parted = [m for m in _messages(incoming, "tool") if isinstance(m.get("content"), list)]
    return refused(incoming, respond, "content must be a string") if parted else respond(incoming)


@breaks("tools.result-read", apis=OPENAI_LIKE, bugs=("tc-tool-parts-rejected",))
def tool_parts_dropped(incoming: Incoming, respond: Respond) -> Answer:
    """Drops what a tool told in parts."""
    if not any(isinstance(m.get("content"), list) for m in _messages(incoming, "tool")):
        return respond(incoming)
    body = json.loads(json.dumps(sent(incoming)))
    for message in body["messages"]:
        if message.get("role") == "tool":
            message["content"] = ""
    return respond(replace(incoming, json=body))


@breaks("tools.orphan-refused", apis=OPENAI_LIKE, bugs=("tc-orphan-accepted",))
def orphan_accepted(incoming: Incoming, respond: Respond) -> Answer:
    """Takes the result of a call that nobody made."""
    names = [call["id"] for m in _messages(incoming, "assistant") for call in m.get("tool_calls", ())]
    if not names or not _messages(incoming, "tool"):
        return respond(incoming)
    body = json.loads(json.dumps(sent(incoming)))
    for message in body["messages"]:
        if message.get("role") == "tool":
            message["tool_call_id"] = names[0]
    return respond(replace(incoming, json=body))


@breaks("tools.schema-words", apis=OPENAI_LIKE, bugs=("tc-schema-dialect",))
def schema_words_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses parameters that refer to other schemas."""
    referring = any("$defs" in (function.get("parameters") or {}) for function in functions(incoming))
    return refused(incoming, respond, "unsupported schema keyword $defs") if referring else respond(incoming)


@breaks("tools.parameters-omitted", apis=OPENAI_LIKE, bugs=("tc-parameters-omitted",))
def parameters_demanded(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses functions without parameters."""
    missing = any("parameters" not in function for function in functions(incoming))
    return refused(incoming, respond, "parameters: field required", 422) if missing else respond(incoming)


@breaks("tools.choice-none-alone", apis=OPENAI_LIKE, bugs=("tc-choice-none-no-tools-400",))
def choice_without_tools_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses tool_choice without tools, whatever it says."""
    alone = "tool_choice" in sent(incoming) and not functions(incoming)
    return refused(incoming, respond, "tool_choice needs tools") if alone else respond(incoming)


@breaks("errors.before-stream", "stream.chunk-shape", apis=("cloud-temple",), bugs=("tc-required-empty-tools",))
@breaks("errors.before-stream", "stream.chunk-shape", "tools.demand-refused-early", apis=("genos",))
@breaks("errors.before-stream", "tools.demand-refused-early", apis=("openai",))
def empty_tools_refused_in_the_stream(incoming: Incoming, respond: Respond) -> Answer:
    """Begins the stream before it finds that a call is demanded of no tool."""
    answer = respond(incoming)
    if answer.status == 400 and sent(incoming).get("tools") == [] and sent(incoming).get("stream") is True:
        answer.status, answer.frames = 200, [Frame(answer.body), Frame("[DONE]")]
    return answer
