"""Deviations of the multi-model service's configuration."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from conformance.reference.answer import Answer
from conformance.reference.deviations.registry import breaks
from conformance.reference.deviations.service import APIS, missing
from conformance.reference.multi_llm.errors import refused
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from conformance.reference.answer import Incoming, Respond

_VERSIONS = count(1)
_DISABLED: WeakKeyDictionary[Respond, set[str]] = WeakKeyDictionary()
"""The models that each server was told to disable."""


@breaks("config-model.offered", apis=APIS)
def model_configuration_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers PUT /config/models/{model_id} with 405."""
    return missing("configureModel", incoming, respond)


@breaks("config-balancing.offered", apis=APIS)
def load_balancing_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers PUT /config/load-balancing with 405."""
    return missing("configureLoadBalancing", incoming, respond)


@breaks("config-model.offered", "config.model-accepts", apis=APIS)
def model_configuration_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses every configuration of a model with 400."""
    answer = respond(incoming)
    if incoming.operation == "configureModel" and answer.status == 200:
        return refused(Refusal(400, "The priority is not valid.", "wrong-type", "priority"))
    return answer


@breaks("config.model-accepts", apis=APIS)
def model_configuration_refused_disabled(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses the documented configuration where it disables the model."""
    answer = respond(incoming)
    enabled = incoming.json.get("enabled") if isinstance(incoming.json, dict) else None
    if incoming.operation == "configureModel" and answer.status == 200 and enabled is False:
        return refused(Refusal(400, "The field enabled is not valid.", "wrong-type", "enabled"))
    return answer


@breaks("config.model-unknown", apis=APIS)
def model_configuration_of_unknown(incoming: Incoming, respond: Respond) -> Answer:
    """Accepts the configuration of a model that does not exist."""
    answer = respond(incoming)
    if incoming.operation == "configureModel" and answer.status == 404:
        return Answer(body={"model_id": incoming.path_parameters.get("model_id", "")})
    return answer


@breaks("config-balancing.offered", "config.balancing-accepts", apis=APIS)
def load_balancing_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses every load balancing with 400."""
    answer = respond(incoming)
    if incoming.operation == "configureLoadBalancing" and answer.status == 200:
        return refused(Refusal(400, "The strategy is not valid.", "wrong-type", "strategy"))
    return answer


@breaks("config.idempotent", apis=APIS)
def configuration_numbered(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the version of a configuration up although nothing changed."""
    answer = respond(incoming)
    if incoming.operation in {"configureModel", "configureLoadBalancing"} and answer.status == 200:
        answer.body = {**answer.body, "version": next(_VERSIONS)}
    return answer


@breaks("config.bad-body", apis=APIS)
def configuration_unchecked(incoming: Incoming, respond: Respond) -> Answer:
    """Stores whatever object it is sent as a configuration."""
    answer = respond(incoming)
    if incoming.operation in {"configureModel", "configureLoadBalancing"} and answer.status == 400:
        return Answer(body={"stored": True}) if isinstance(incoming.json, dict) and incoming.json else answer
    return answer


@breaks("config.takes-effect", apis=APIS)
def configuration_without_effect(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves a disabled model available."""
    sent = incoming.json
    if incoming.operation != "configureModel" or not isinstance(sent, dict) or sent.get("enabled") is not False:
        return respond(incoming)
    answer = respond(replace(incoming, json={**sent, "enabled": True}))
    if answer.status == 200 and isinstance(answer.body, dict):
        answer.body["enabled"] = False
    return answer


@breaks("config.takes-effect", apis=APIS)
def configuration_stays_disabled(incoming: Incoming, respond: Respond) -> Answer:
    """Does not enable a model again that was disabled."""
    disabled = _DISABLED.setdefault(respond, set())
    name, sent = incoming.path_parameters.get("model_id", ""), incoming.json
    if incoming.operation != "configureModel" or not isinstance(sent, dict):
        return respond(incoming)
    if sent.get("enabled") is False:
        disabled.add(name)
    if name not in disabled:
        return respond(incoming)
    answer = respond(replace(incoming, json={**sent, "enabled": False}))
    if isinstance(answer.body, dict) and "enabled" in answer.body:
        answer.body["enabled"] = sent.get("enabled", True)
    return answer
