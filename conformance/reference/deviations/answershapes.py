"""Deviations of the shape of whole chat answers: members that clients cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.answerfields import first_choice, plainly
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-choices-empty",))
def answer_choices_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with no choice at all."""
    return plainly(incoming, respond, lambda body: body.update(choices=[]))


@breaks("chat.shape", apis=("cloud-temple", "neuroflash"), bugs=("res-choices-null",))
@breaks("chat.content", "chat.finish-reason-enum", "chat.shape", apis=("genos",))
@breaks("chat.finish-reason-enum", "chat.shape", apis=("openai",))
def answer_choices_null(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with null as choices."""
    return plainly(incoming, respond, lambda body: body.update(choices=None))


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-message-missing",))
def answer_message_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the message out of a choice."""
    return first_choice(incoming, respond, lambda choice: choice.pop("message"))


@breaks("chat.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("res-content-missing",))
@breaks("chat.content", "chat.shape", apis=("genos",))
def answer_content_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the content out of a message in words."""
    return first_choice(incoming, respond, lambda choice: choice["message"].pop("content"))


@breaks("chat.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("res-content-array",))
@breaks("chat.content", "chat.shape", apis=("genos",))
def answer_content_parts(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the content of a message in parts."""

    def bend(choice: dict[str, Any]) -> None:
        choice["message"]["content"] = [{"type": "text", "text": choice["message"]["content"]}]

    return first_choice(incoming, respond, bend)


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-role-missing",))
def answer_role_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the role out of a message."""
    return first_choice(incoming, respond, lambda choice: choice["message"].pop("role"))


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-finish-nonstandard",))
def answer_finish_null(incoming: Incoming, respond: Respond) -> Answer:
    """Does not say why a whole answer ended."""
    return first_choice(incoming, respond, lambda choice: choice.update(finish_reason=None))


@breaks("chat.finish-reason-enum", apis=("genos", "openai"), bugs=("res-finish-nonstandard",))
def answer_finish_invented(incoming: Incoming, respond: Respond) -> Answer:
    """Says in words of its own why a whole answer ended."""
    return first_choice(incoming, respond, lambda choice: choice.update(finish_reason="eos_token"))


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-id-missing",))
def answer_id_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the id out of whole answers."""
    return plainly(incoming, respond, lambda body: body.pop("id"))


@breaks("chat.id", apis=("cloud-temple", "genos", "openai"), bugs=("res-id-missing",))
def answer_id_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Gives whole answers an empty id."""
    return plainly(incoming, respond, lambda body: body.update(id=""))


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-object-wrong",))
def answer_object_of_texts(incoming: Incoming, respond: Respond) -> Answer:
    """Calls a chat answer a text completion."""
    return plainly(incoming, respond, lambda body: body.update(object="text_completion"))


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("res-created-type",))
def answer_created_with_fraction(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the time of a whole answer with a fraction."""
    return plainly(incoming, respond, lambda body: body.update(created=body["created"] + 0.25))


@breaks("chat.shape", apis=("cloud-temple",), bugs=("res-created-type",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def answer_created_at_zero(incoming: Incoming, respond: Respond) -> Answer:
    """Writes 0 as the time of a whole answer."""
    return plainly(incoming, respond, lambda body: body.update(created=0))


@breaks("chat.shape", apis=("cloud-temple",), bugs=("res-created-type",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def answer_created_in_thousandths(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the time of a whole answer in milliseconds."""
    return plainly(incoming, respond, lambda body: body.update(created=body["created"] * 1000))


@breaks("chat.shape", apis=("genos", "openai"), bugs=("res-vendor-wrapper",))
@breaks("chat.backend", "chat.shape", apis=("cloud-temple",))
@breaks("chat.shape", "chat.usage-tracked", apis=("neuroflash",))
def answer_wrapped(incoming: Incoming, respond: Respond) -> Answer:
    """Wraps whole answers as its own API does."""

    def bend(body: dict[str, Any]) -> None:
        inner = dict(body)
        body.clear()
        body.update(result=inner, success=True, errors=[], messages=[])

    return plainly(incoming, respond, bend)


@breaks("chat.shape", apis=("cloud-temple", "genos", "openai"), bugs=("res-numeric-strings",))
@breaks("chat.shape", "chat.usage-tracked", apis=("neuroflash",))
def answer_counts_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the counts of a usage as texts."""

    def bend(body: dict[str, Any]) -> None:
        usage = body["usage"]
        body["usage"] = {name: str(value) if isinstance(value, int) else value for name, value in usage.items()}

    return plainly(incoming, respond, bend)


@breaks("chat.shape", apis=("cloud-temple",), bugs=("use-missing",))
@breaks("chat.shape", "chat.usage-tracked", apis=("neuroflash",))
@breaks("chat.shape", apis=("genos", "openai"), weakly=True)
def answer_usage_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the usage out of whole answers."""
    return plainly(incoming, respond, lambda body: body.pop("usage"))


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("use-field-names",))
def answer_usage_renamed(incoming: Incoming, respond: Respond) -> Answer:
    """Counts input and output tokens under other names."""

    def bend(body: dict[str, Any]) -> None:
        usage = body["usage"]
        usage["input_tokens"], usage["output_tokens"] = usage.pop("prompt_tokens"), usage.pop("completion_tokens")

    return plainly(incoming, respond, bend)


@breaks("chat.shape", apis=OPENAI_LIKE, bugs=("use-completion-key-missing",))
def answer_usage_without_completion(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves completion_tokens out of the usage."""
    return plainly(incoming, respond, lambda body: body["usage"].pop("completion_tokens"))


@breaks("chat.usage-adds-up", apis=OPENAI_LIKE, bugs=("use-total-mismatch",))
def answer_usage_unequal(incoming: Incoming, respond: Respond) -> Answer:
    """Counts thoughts in the total of tokens alone."""
    return plainly(
        incoming, respond, lambda body: body["usage"].update(total_tokens=body["usage"]["total_tokens"] + 60)
    )
