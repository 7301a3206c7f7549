"""Deviations of listed and of retrieved models."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import sent
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_FUTURE = 10**12
_seconds = count()


def _each_model(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with each listed or retrieved model bent in place."""
    answer = respond(incoming)
    if answer.status == 200 and isinstance(answer.body, dict):
        if incoming.operation == "listModels":
            for model in answer.body["data"]:
                bend(model)
        elif incoming.operation == "retrieveModel":
            bend(answer.body)
    return answer


@breaks("models.offered", apis=("cloud-temple", "genos", "openai"), bugs=("mod-404",))
def models_list_not_found(incoming: Incoming, respond: Respond) -> Answer:
    """Has no list of its models."""
    return refused(incoming, respond, "Not Found", 404) if incoming.operation == "listModels" else respond(incoming)


@breaks("models.shape", apis=("cloud-temple", "genos", "openai"), bugs=("mod-bare-array",))
def models_object_other(incoming: Incoming, respond: Respond) -> Answer:
    """Has the list of models without the member that says that it is a list."""
    answer = respond(incoming)
    if incoming.operation == "listModels" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body.pop("object", None)
    return answer


@breaks("models.shape", apis=("cloud-temple", "openai"), bugs=("mod-bare-array",))
def models_as_bare_array(incoming: Incoming, respond: Respond) -> Answer:
    """Lists its models in an array with nothing around it."""
    answer = respond(incoming)
    if incoming.operation == "listModels" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body = answer.body.get("data")
    return answer


@breaks("models.unique-ids", apis=("cloud-temple", "openai"))
def models_first_listed_again(incoming: Incoming, respond: Respond) -> Answer:
    """Lists its first model once more at the end."""
    answer = respond(incoming)
    if incoming.operation == "listModels" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body["data"].append(answer.body["data"][0])
    return answer


@breaks("models.shape", apis=("cloud-temple", "genos"), bugs=("mod-object-missing",))
@breaks("model.shape", apis=("openai",))
@breaks("models.shape", apis=("openai",), weakly=True)
def models_without_object(incoming: Incoming, respond: Respond) -> Answer:
    """Has no member `object` in a model."""
    return _each_model(incoming, respond, lambda model: model.pop("object", None))


@breaks("models.shape", apis=("cloud-temple", "genos"), bugs=("mod-fields-missing",))
@breaks("model.shape", apis=("openai",))
@breaks("models.shape", apis=("openai",), weakly=True)
def models_without_owner_and_time(incoming: Incoming, respond: Respond) -> Answer:
    """Says neither who owns a model nor when it was created."""
    return _each_model(incoming, respond, lambda model: [model.pop(name, None) for name in ("owned_by", "created")])


@breaks("models.shape", apis=("cloud-temple", "genos"), bugs=("mod-owned-by-type",))
@breaks("model.shape", "models.shape", apis=("openai",))
def models_owned_by_list(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a model's owner as a list of owners."""
    return _each_model(incoming, respond, lambda model: model.update(owned_by=[model["owned_by"]]))


@breaks("models.shape", apis=("cloud-temple", "genos"), bugs=("mod-fields-missing",))
@breaks("model.shape", "models.shape", apis=("openai",))
def models_created_null(incoming: Incoming, respond: Respond) -> Answer:
    """Writes null as the time at which a model was created."""
    return _each_model(incoming, respond, lambda model: model.update(created=None))


@breaks("models.created-stable", apis=("cloud-temple", "genos", "openai"), bugs=("mod-created-bogus",))
def models_created_just_now(incoming: Incoming, respond: Respond) -> Answer:
    """Says in each answer that the models were created at that moment."""
    return _each_model(incoming, respond, lambda model: model.update(created=model["created"] - next(_seconds) % 9_973))


@breaks("models.created-stable", apis=("cloud-temple", "genos", "openai"), bugs=("mod-created-bogus",))
def models_created_in_milliseconds(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the time at which a model was created in milliseconds."""
    return _each_model(incoming, respond, lambda model: model.update(created=_FUTURE))


@breaks("models.no-path", apis=("cloud-temple", "openai"), bugs=("mod-path-leak",))
def models_listed_by_path(incoming: Incoming, respond: Respond) -> Answer:
    """Lists a further model by the path of its file on the server."""
    answer = respond(incoming)
    path = "/srv/models/reference-embedding.gguf"
    if incoming.operation == "listModels" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body["data"].append({**answer.body["data"][0], "id": path})
    return answer


@breaks("models.known", apis=OPENAI, bugs=("mod-listed-not-callable",))
def models_second_unknown(incoming: Incoming, respond: Respond) -> Answer:
    """Lists a model that it does not know when it is asked."""
    asked = sent(incoming).get("model") == "reference-lab/reference-large"
    text = "The model 'reference-lab/reference-large' does not exist."
    return refused(incoming, respond, text, 404) if asked else respond(incoming)


@breaks("model.offered", apis=OPENAI, bugs=("mod-retrieve-404",))
def model_route_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Lists its models, and has no operation that retrieves one."""
    return refused(incoming, respond, "Not Found", 404) if incoming.operation == "retrieveModel" else respond(incoming)


@breaks("model.by-id", apis=OPENAI, bugs=("mod-retrieve-404",))
def model_retrieves_first(incoming: Incoming, respond: Respond) -> Answer:
    """Retrieves another model than the one that a plain id names."""
    other = {"model": "reference-lab/reference-large"}
    plain = incoming.path_parameters.get("model") == "reference-mini"
    return respond(replace(incoming, path_parameters=other) if plain else incoming)


@breaks("model.encoded", apis=OPENAI, bugs=("mod-retrieve-404",))
def model_encoded_id_unknown(incoming: Incoming, respond: Respond) -> Answer:
    """Does not decode the id of the model that is to be retrieved."""
    encoded = incoming.operation == "retrieveModel" and "%2f" in incoming.path.lower()
    return refused(incoming, respond, "The model does not exist.", 404) if encoded else respond(incoming)


@breaks("model.slash", apis=OPENAI, bugs=("mod-retrieve-404",))
def model_slash_ends_route(incoming: Incoming, respond: Respond) -> Answer:
    """Has no route for the id of a model with a slash in it."""
    raw = incoming.operation == "retrieveModel" and incoming.path.count("/") > 2
    return refused(incoming, respond, "Not Found", 404) if raw else respond(incoming)


@breaks("model.unknown", apis=OPENAI, bugs=("mod-unknown-model-served",))
def model_any_id_retrieved(incoming: Incoming, respond: Respond) -> Answer:
    """Retrieves a model of any id, whether there is one or not."""
    if incoming.operation != "retrieveModel":
        return respond(incoming)
    name = incoming.path_parameters["model"]
    answer = respond(replace(incoming, path_parameters={"model": "reference-mini"}))
    if isinstance(answer.body, dict) and answer.status == 200:
        answer.body["id"] = name
    return answer
