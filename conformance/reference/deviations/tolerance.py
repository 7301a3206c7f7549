"""Deviations that refuse, or do not read, forms of messages that OpenAI's reference allows."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.failing import failed
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

VLLM = ("openai", "genos")
"""APIs that document what vLLM takes."""
_THOUGHTS = "The user wants a short answer."


def turns(incoming: Incoming) -> list[dict[str, Any]]:
    """Return the messages of a chat request that are objects."""
    said = sent(incoming).get("messages")
    return [message for message in said if isinstance(message, dict)] if isinstance(said, list) else []


def refused_where(incoming: Incoming, respond: Respond, message: str, *, where: bool) -> Answer:
    """Refuse a request where that is so, else answer it."""
    return refused(incoming, respond, message) if where else respond(incoming)


def _has_parts(incoming: Incoming, role: str) -> bool:
    return any(message.get("role") == role and isinstance(message.get("content"), list) for message in turns(incoming))


def _only_text(incoming: Incoming) -> bool:
    contents = [message.get("content") for message in turns(incoming)]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return all(isinstance(part, dict) and part.get("type") == "text" for part in parts)


def rewritten(incoming: Incoming, change: Callable[[dict[str, Any]], object]) -> Incoming:
    """Return the request with each of its messages changed in place."""
    body = deepcopy(incoming.json)
    for message in body.get("messages") or []:
        change(message)
    return replace(incoming, json=body)


@breaks("requests.user-parts", apis=OPENAI_LIKE, bugs=("req-content-parts",))
def user_parts_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a user message of text parts."""
    parts = _has_parts(incoming, "user") and _only_text(incoming)
    return refused_where(incoming, respond, "content must be a string", where=parts)


@breaks("requests.system-parts", apis=OPENAI_LIKE, bugs=("req-content-parts",))
def system_parts_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a system message of text parts."""
    return refused_where(incoming, respond, "content must be a string", where=_has_parts(incoming, "system"))


@breaks("requests.assistant-parts", apis=OPENAI_LIKE, bugs=("req-content-parts",))
def assistant_parts_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses an assistant message of text parts."""
    return refused_where(incoming, respond, "content must be a string", where=_has_parts(incoming, "assistant"))


@breaks("requests.parts-read", apis=OPENAI_LIKE, bugs=("req-assistant-parts-blanked",))
def assistant_parts_blanked(incoming: Incoming, respond: Respond) -> Answer:
    """Takes an assistant message of text parts, and reads nothing of it."""

    def blank(message: dict[str, Any]) -> None:
        if message.get("role") == "assistant":
            message["content"] = " "

    return respond(rewritten(incoming, blank) if _has_parts(incoming, "assistant") else incoming)


@breaks("requests.developer-role", apis=OPENAI_LIKE, bugs=("req-developer-role",))
def developer_role_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses developer messages."""
    said = any(message.get("role") == "developer" for message in turns(incoming))
    return refused_where(incoming, respond, "developer is not one of system, user, assistant, tool", where=said)


@breaks("requests.developer-read", apis=OPENAI_LIKE, bugs=("req-developer-dropped",))
def developer_message_dropped(incoming: Incoming, respond: Respond) -> Answer:
    """Takes developer messages, and reads nothing of them."""

    def blank(message: dict[str, Any]) -> None:
        if message.get("role") == "developer":
            message["content"] = " "

    return respond(rewritten(incoming, blank) if turns(incoming) else incoming)


def _is_silent(incoming: Incoming) -> bool:
    return any(m.get("role") == "assistant" and m.get("content") == "" and len(m) == 2 for m in turns(incoming))


@breaks("requests.assistant-empty", apis=OPENAI_LIKE, bugs=("req-assistant-empty-content",))
def empty_assistant_message_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses an assistant message whose content is the empty text."""
    return refused_where(incoming, respond, "content must not be empty", where=_is_silent(incoming))


@breaks("robustness.no-5xx", apis=OPENAI_LIKE, bugs=("req-assistant-empty-content",))
def empty_assistant_message_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to an assistant message whose content is the empty text."""
    answer = respond(incoming)
    return failed(incoming, answer) if _is_silent(incoming) else answer


@breaks("requests.message-name", apis=OPENAI_LIKE, bugs=("req-message-name",))
def message_name_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a user message with a name."""
    named = any("name" in message and message.get("role") == "user" for message in turns(incoming))
    return refused_where(incoming, respond, "messages[0].name: extra inputs are not permitted", where=named)


def _instructs_late(incoming: Incoming) -> bool:
    roles = [message.get("role") for message in turns(incoming)]
    return "user" in roles and "system" in roles[roles.index("user") :]


@breaks("requests.instructions-anywhere", apis=OPENAI_LIKE, bugs=("req-system-position",))
def late_instructions_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a system message after one of the user."""
    text = "the system message must be the first"
    return refused_where(incoming, respond, text, where=_instructs_late(incoming))


@breaks("robustness.no-5xx", apis=OPENAI_LIKE, bugs=("req-system-position",))
def late_instructions_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a system message after one of the user."""
    answer = respond(incoming)
    return failed(incoming, answer) if _instructs_late(incoming) else answer


def thinking_aloud(incoming: Incoming, respond: Respond) -> Answer:
    """Answer with the reasoning beside the content of each whole message."""

    def think(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            choice["message"]["reasoning_content"] = _THOUGHTS

    return bent(incoming, respond, think)


@breaks("requests.own-message", apis=OPENAI_LIKE, bugs=("req-reasoning-echo-rejected",))
def reasoning_refused_back(incoming: Incoming, respond: Respond) -> Answer:
    """Writes its reasoning into plain messages, and refuses messages that have it."""
    if any("reasoning_content" in message for message in turns(incoming)):
        return refused(incoming, respond, "property 'messages[1].reasoning_content' is unsupported")
    return respond(incoming) if sent(incoming).get("tools") else thinking_aloud(incoming, respond)


def _hides_reasoning(incoming: Incoming) -> bool:
    return any(
        message.get("role") == "assistant"
        and not {"reasoning_content", "tool_calls", "function_call"} & message.keys()
        and message.get("content") is not None
        for message in turns(incoming)
    )


@breaks("chat.roles-main", apis=VLLM)
@breaks("chat.multi-turn", apis=("cloud-temple",))
@breaks("requests.reasoning-optional", apis=OPENAI_LIKE, bugs=("req-reasoning-echo-required",))
def reasoning_demanded_back(incoming: Incoming, respond: Respond) -> Answer:
    """Writes its reasoning into messages, and refuses a turn of its own without it."""
    if _hides_reasoning(incoming):
        return refused(incoming, respond, "the reasoning_content in the thinking mode must be passed back")
    return respond(incoming) if sent(incoming).get("tools") else thinking_aloud(incoming, respond)
