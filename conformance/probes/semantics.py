"""Requests whose answers tell, whatever the model says, whether the target did what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange import jsontext
from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe
from conformance.probes.target import pointed, written
from conformance.probes.tolerance import FEW, whole_chats, word

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

SHORT_COUNT = 12
"""Output tokens of a count that goes on long enough for a stop text to be taken from its middle."""
ENOUGH = 32
"""Output tokens in which a tiny JSON object surely fits."""
_STOP_LENGTH = 4
_NEVER = ("#!#", "@@@", "~~~~")
"""Stop texts that no count has in it."""

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["blue", "grey", "red"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
ASK_JSON = "Name the colour of a clear sky, as a JSON object with the single member colour: blue, grey or red."


@probe()
def answer_reused(target: Target) -> Calls:
    """Asks, sends the answer back as a turn, then asks again with a piece of it as a stop text, in each form."""
    for operation in whole_chats(target):
        told = _message((yield target.call(operation, ask(target, operation, LONG, tokens=SHORT_COUNT))))
        turns = [{"role": "user", "content": LONG}, told, {"role": "user", "content": word("fennel")}]
        yield target.call(operation, ask(target, operation, messages=turns, tokens=FEW))
        if "stop" in operation.request:
            stop = middle(told.get("content"))
            for words in ({"stop": stop}, {"stop": [stop, *_NEVER], "stream": True}):
                if operation.streams == "on-request" or "stream" not in words:
                    yield target.call(operation, ask(target, operation, LONG, tokens=SHORT_COUNT, **words))


@probe()
def answer_as_json(target: Target) -> Calls:
    """Asks for any JSON object in a stream, then for one that a strict schema allows."""
    strict = {"type": "json_schema", "json_schema": {"name": "sky", "strict": True, "schema": SCHEMA}}
    for operation in whole_chats(target):
        if "response_format" in operation.request:
            streamed = True if operation.streams == "on-request" else None
            formats: tuple[dict[str, Any], ...] = (
                {"response_format": {"type": "json_object"}, "stream": streamed},
                {"response_format": strict},
            )
            for words in formats:
                yield target.call(operation, ask(target, operation, ASK_JSON, tokens=ENOUGH, **words))


def middle(text: object) -> str:
    """Return a piece from the middle of a text, or a number of the count where there is no such text."""
    if not isinstance(text, str) or len(text) < 3 * _STOP_LENGTH or not text.isprintable():
        return "five"
    half = len(text) // 2
    return text[half : half + _STOP_LENGTH]


def _message(exchange: Exchange) -> dict[str, Any]:
    """Return the message of an answer as it came, or one in our words where there is none."""
    said = jsontext.parse(exchange.response.body) if exchange.response and exchange.status == 200 else None
    message = pointed(said.value, "/choices/0/message") if said and said.ok else None
    if (
        isinstance(message, dict)
        and isinstance(message.get("content"), str)
        and message["content"]
        and _writable(message)
    ):
        return message
    return {"role": "assistant", "content": "One, two, three, four, five, six, seven"}


def _writable(message: dict[str, Any]) -> bool:
    """Tell whether a message can be sent back: half a surrogate pair, or a number of endless digits, cannot."""
    try:
        return bool(written(message))
    except (ValueError, RecursionError):
        return False
