"""Deviations of whole chat answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.deviations.registry import breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks("chat.shape", apis=("genos",))
def chat_without_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `choices` out of a chat answer."""
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body.pop("choices", None)
    return answer
