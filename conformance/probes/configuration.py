"""Probes that change the deployment, sent only where that is allowed, leaving models enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.probes.asking import ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

POLLS = (1.0, 2.0)
"""Seconds between looks at a change that has not shown yet."""

WRONG_MODEL: tuple[dict[str, Any], ...] = (
    {"enabled": "perhaps"},
    {"rate_limit": {"requests_per_minute": -1, "tokens_per_minute": 10000}},
    {"fallback_models": "gemini-pro"},
)
WRONG_BALANCING: tuple[dict[str, Any], ...] = (
    {"strategy": ""},
    {"health_check_interval": "often"},
    {"failure_threshold": -1},
)


@probe(polls=4 * len(POLLS))
def config_takes_effect(target: Target) -> Calls:
    """Configures a model twice, wrongly, disabled, and enabled again."""
    name = spare(target)
    for operation in target.of_kind("configure-model"):
        body, path = _documented(target, operation), {"model_id": name}
        for _ in range(2):
            yield target.call(operation, body, path=path)
        yield target.call(operation, body, path={"model_id": NO_SUCH_MODEL})
        for wrong in WRONG_MODEL:
            yield target.call(operation, body | wrong, path=path)
        if name != target.model:
            yield target.call(operation, body | {"enabled": False}, path=path)
            yield from _look(target, name, until=False)
        yield target.call(operation, body | {"enabled": True}, path=path)
        if name != target.model:
            yield from _look(target, name, until=True)


def _look(target: Target, name: str, *, until: bool) -> Calls:
    """List the models and use this one; again after a while as long as it can be used otherwise than wanted."""
    for wait in (0.0, *POLLS):
        for operation in target.of_kind("models"):
            yield target.call(operation, wait=wait)
        for operation in target.of_kind("chat"):
            if operation.streams != "always":
                asked = ask(target, operation, model=name)
                answered = yield target.call(operation, asked, wait_out=False)
                if (answered.status == 200) is until or answered.response is None:
                    return


def spare(target: Target) -> str:
    """Return a model that the other probes do not depend on, or the one in use where there is no other."""
    others = [name for name in target.models if name != target.model]
    plain = [name for name in others if quote(name, safe="") == name]
    return (plain or others or [target.model])[-1]


@probe()
def configure_balancing(target: Target) -> Calls:
    """Configures the load balancing wrongly, then twice as documented."""
    for operation in target.of_kind("configure-balancing"):
        body = _documented(target, operation)
        for wrong in WRONG_BALANCING:
            yield target.call(operation, body | wrong)
        for _ in range(2):
            yield target.call(operation, body)


def _documented(target: Target, operation: Operation) -> dict[str, Any]:
    """Return the body that the documents show for an operation."""
    item = target.api.openapi["paths"][operation.path][operation.method.lower()]
    content = target.api.resolve(item["requestBody"])["content"]["application/json"]
    shown = next(iter(content.get("examples", {}).values()), {"value": content.get("example", {})})
    return dict(target.api.resolve(shown)["value"])
