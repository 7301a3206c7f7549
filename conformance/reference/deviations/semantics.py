"""Deviations in what an answer says, and in where it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.options import without
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import each_choice
from conformance.reference.deviations.tolerance import VLLM, rewritten, thinking_aloud, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_STOPPING = (*VLLM, "neuroflash")
_WINDOW = 2_000
"""Characters of a message that a server reads that cuts prompts in silence."""
_CAP = 16


def worded(incoming: Incoming, respond: Respond, change: Callable[[str], str]) -> Answer:
    """Answer with the text of each whole message changed."""

    def reword(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            if isinstance(choice["message"].get("content"), str):
                choice["message"]["content"] = change(choice["message"]["content"])

    return bent(incoming, respond, reword)


def _format(incoming: Incoming) -> str:
    wanted = sent(incoming).get("response_format")
    return str(wanted.get("type")) if isinstance(wanted, dict) else ""


def _is_plain(incoming: Incoming) -> bool:
    return not {"response_format", "tools", "stop", "structured_outputs"} & sent(incoming).keys()


@breaks("semantics.stop-stream", apis=_STOPPING, bugs=("sem-stop-leaked",))
def stop_ignored_in_streams(incoming: Incoming, respond: Respond) -> Answer:
    """Ignores stop texts where it streams."""
    return respond(without(incoming, "stop") if sent(incoming).get("stream") is True else incoming)


@breaks("semantics.stop-part", apis=_STOPPING, bugs=("sem-stop-leaked",))
def stop_leaks_in_part(incoming: Incoming, respond: Respond) -> Answer:
    """Ends an answer with the first characters of the stop text that ended it."""
    stop = sent(incoming).get("stop")
    first = stop[0] if isinstance(stop, list) and stop else stop
    if not isinstance(first, str) or len(first) < 2 or sent(incoming).get("stream"):
        return respond(incoming)
    free = respond(without(incoming, "stop"))
    text = free.body["choices"][0]["message"]["content"] if free.status == 200 else ""
    return worded(incoming, respond, lambda said: said + first[:2] if first in str(text) else said)


@breaks("semantics.json-object", apis=_STOPPING, bugs=("sem-response-format-ignored",))
def json_object_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Answers in prose although a JSON object is asked for."""
    prose = _format(incoming) == "json_object"
    answer = respond(without(incoming, "response_format") if prose else incoming)
    if prose and answer.frames:
        for frame in answer.frames:
            if isinstance(frame.data, dict):
                for choice in frame.data["choices"]:
                    choice["finish_reason"] = choice["finish_reason"] and "stop"
    return answer


@breaks("semantics.json-schema", apis=("genos", "openai"), bugs=("sem-response-format-ignored",))
@breaks("chat.json-schema-honoured", apis=("neuroflash",))
def json_in_a_fence(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the JSON that a schema asks for into a code fence."""
    fenced = _format(incoming) == "json_schema"
    return worded(incoming, respond, lambda said: f"```json\n{said}\n```") if fenced else respond(incoming)


@breaks("semantics.no-think-tags", apis=OPENAI_LIKE, bugs=("sem-think-leak",))
def think_tags_shown(incoming: Incoming, respond: Respond) -> Answer:
    """Begins plain answers with what the model thought, between tags."""
    if not _is_plain(incoming):
        return respond(incoming)
    return worded(incoming, respond, lambda said: f"<think>\nA short answer will do.\n</think>\n\n{said}")


@breaks("semantics.no-special-tokens", apis=OPENAI_LIKE, bugs=("sem-special-token-leak",))
def special_token_shown(incoming: Incoming, respond: Respond) -> Answer:
    """Ends plain answers with the control token that ends a turn."""
    return worded(incoming, respond, lambda said: f"{said}<|im_end|>") if _is_plain(incoming) else respond(incoming)


@breaks("semantics.reasoning-name", apis=OPENAI_LIKE, bugs=("sem-reasoning-field-name",))
def reasoning_renamed_in_streams(incoming: Incoming, respond: Respond) -> Answer:
    """Calls its reasoning reasoning_content in whole answers, and reasoning in streams."""
    if not _is_plain(incoming):
        return respond(incoming)
    if sent(incoming).get("stream") is not True:
        return thinking_aloud(incoming, respond)

    def think(choice: dict[str, Any]) -> None:
        if choice["delta"].get("role"):
            choice["delta"]["reasoning"] = "A short answer will do."

    return each_choice(incoming, respond, think)


@breaks("semantics.prompt-whole", apis=OPENAI_LIKE, bugs=("sem-prompt-truncated",))
def prompt_cut_in_silence(incoming: Incoming, respond: Respond) -> Answer:
    """Reads only the beginning of a message that is longer than its window."""

    def cut(message: dict[str, Any]) -> None:
        message["content"] = message["content"][:_WINDOW]

    texts = [message.get("content") for message in turns(incoming)]
    long = any(isinstance(text, str) and len(text) > 100 * _WINDOW for text in texts)
    return respond(rewritten(incoming, cut) if long else incoming)


@breaks("semantics.stream-parity", apis=_STOPPING, bugs=("sem-stream-parity",))
def stream_worded_otherwise(incoming: Incoming, respond: Respond) -> Answer:
    """Streams in capitals what it says otherwise in a whole answer."""

    def shout(choice: dict[str, Any]) -> None:
        if isinstance(choice["delta"].get("content"), str):
            choice["delta"]["content"] = choice["delta"]["content"].upper()

    stopped = "stop" in sent(incoming)
    return each_choice(incoming, respond, shout) if stopped else respond(incoming)


@breaks("semantics.no-default-cap", apis=OPENAI_LIKE, bugs=("sem-default-cap",))
def sixteen_tokens_by_default(incoming: Incoming, respond: Respond) -> Answer:
    """Cuts an answer after sixteen tokens where the request has no cap."""
    body = sent(incoming)
    capped = any(body.get(name) is not None for name in ("max_tokens", "max_completion_tokens"))
    return respond(incoming if capped or not body else replace(incoming, json={**body, "max_tokens": _CAP}))


@breaks("semantics.answers-apart", apis=OPENAI_LIKE, bugs=("sem-cross-talk",))
def answers_swapped(incoming: Incoming, respond: Respond) -> Answer:
    """Gives one request the answer that another one asked for."""
    last = turns(incoming)[-1].get("content") if turns(incoming) else ""
    lost = isinstance(last, str) and last.endswith(": raven")
    return worded(incoming, respond, lambda _said: "parsnip") if lost else respond(incoming)
