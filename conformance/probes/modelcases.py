"""Probes of single models: each retrieved by its id, the others asked for a word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.probes.asking import ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.probes.call import Call, Calls
    from conformance.probes.target import Target

_MOST_OTHERS = 1
"""Models beside the one in use that are asked: each may have to be loaded first."""


@probe()
def models_asked(target: Target) -> Calls:
    """Lists the models, and asks the first others for one token."""
    if target.api.profile.models.operation:
        yield target.call(target.api.operation(target.api.profile.models.operation))
    others = [name for name in target.models if name != target.model][:_MOST_OTHERS]
    for operation in [o for o in target.of_kind("chat") if o.streams != "always"][:1]:
        for name in others:
            yield target.call(operation, ask(target, operation, model=name, tokens=1, temperature=None))


@probe()
def models_retrieved(target: Target) -> Calls:
    """Retrieves a model by a plain id, one whose id needs encoding, with its slash as it is too, and an unknown one."""
    names = list(dict.fromkeys([target.model, *target.models]))
    plain = [name for name in names if name and quote(name, safe="") == name]
    reserved = [name for name in names if name and quote(name, safe="") != name]
    for operation in target.of_kind("model"):
        parameter = operation.path.partition("{")[2].partition("}")[0]
        for name in (*plain[:1], *reserved[:1], NO_SUCH_MODEL):
            yield target.call(operation, path={parameter: name})
        for name in [name for name in reserved if "/" in name][:1]:
            yield _unencoded(target.call(operation, path={parameter: name}), name)


def _unencoded(call: Call, name: str) -> Call:
    """Return a call whose path has the slashes of the id as they are."""
    return replace(call, url=call.url.replace(quote(name, safe=""), quote(name, safe="/")))
