"""Deviations of the list of models, and of how its models are served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import sent
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_SECOND = "mistral-small3.2:24b"
_ALIAS = "granite3.3"


def _listed(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    answer = respond(incoming)
    if incoming.operation == "listModels" and answer.status == 200 and isinstance(answer.body, dict):
        bend(answer.body)
    return answer


@breaks("models.offered", apis=("cloud-temple",))
@breaks("models.offered", apis=("genos",))
def models_not_there(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know the list of models."""
    return refused(incoming, respond, "Not Found", 404) if incoming.operation == "listModels" else respond(incoming)


@breaks("models.shape", apis=("cloud-temple", "genos"))
def models_without_owner(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves out who owns a listed model."""
    return _listed(incoming, respond, lambda body: [model.pop("owned_by") for model in body["data"]])


@breaks("models.shape", apis=("cloud-temple", "genos"))
def models_object_misnamed(incoming: Incoming, respond: Respond) -> Answer:
    """Calls the list of models something else than a list."""
    return _listed(incoming, respond, lambda body: body.update(object="models"))


@breaks("models.shape", apis=("cloud-temple",), weakly=True)
def models_without_length(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves out how long an input each model takes."""
    return _listed(incoming, respond, lambda body: [model.pop("max_model_len") for model in body["data"]])


@breaks("models.permission-shape", apis=("cloud-temple",))
def models_permission_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a permission as the text "false"."""

    def bend(body: dict[str, Any]) -> None:
        for model in body["data"]:
            model["permission"][0]["allow_fine_tuning"] = "false"

    return _listed(incoming, respond, bend)


@breaks("models.unique-ids", apis=("cloud-temple",))
def models_listed_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Lists a model twice."""
    return _listed(incoming, respond, lambda body: body["data"].append(body["data"][0]))


@breaks("models.usable", apis=("cloud-temple",))
def models_one_not_loaded(incoming: Incoming, respond: Respond) -> Answer:
    """Lists a model that no chat request can use."""
    asked = sent(incoming).get("model") == _SECOND
    return refused(incoming, respond, f"model '{_SECOND}' is not loaded", 404) if asked else respond(incoming)


@breaks("models.alias-usable", apis=("cloud-temple",))
def models_alias_unknown(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know a model by its alias."""
    asked = sent(incoming).get("model") == _ALIAS
    return refused(incoming, respond, f"The model '{_ALIAS}' does not exist.", 404) if asked else respond(incoming)


@breaks("models.first-usable", apis=("genos",))
def models_first_without_id(incoming: Incoming, respond: Respond) -> Answer:
    """Lists before the served model one without an id."""
    return _listed(incoming, respond, lambda body: body["data"].insert(0, {**body["data"][0], "id": ""}))


@breaks("models.first-usable", apis=("genos",))
def models_first_not_served(incoming: Incoming, respond: Respond) -> Answer:
    """Lists first a model that the chat operation does not know."""
    return _listed(incoming, respond, lambda body: body["data"].insert(0, {**body["data"][0], "id": "/model/old"}))
