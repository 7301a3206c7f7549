"""Probes of requests that well-known servers fail on, and of a way around the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.probes.asking import SHORT, ask
from conformance.probes.credentials import LEAKED
from conformance.probes.documented import plain_operations
from conformance.probes.registry import probe
from conformance.probes.target import placed, written

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

NO_IMAGE = "data:image/png;base64,bm8gaW1hZ2U="
"""A data URL of eight bytes that are no image of any format."""


@probe()
def errors_no_messages(target: Target) -> Calls:
    """Sends an empty list of messages, and asks for the refusal as a stream."""
    for operation in _on_request(target):
        yield target.call(operation, placed(ask(target, operation, stream=True), operation.request["messages"], []))


@probe()
def errors_unknown_model_streamed(target: Target) -> Calls:
    """Asks a model that does not exist for a stream."""
    for operation in _on_request(target):
        yield target.call(operation, ask(target, operation, stream=True, model=NO_SUCH_MODEL))


@probe()
def errors_bad_image(target: Target) -> Calls:
    """Sends an image that is none, beside a text."""
    parts = [{"type": "text", "text": SHORT}, {"type": "image_url", "image_url": {"url": NO_IMAGE}}]
    for operation in _on_request(target):
        yield target.call(operation, ask(target, operation, messages=[{"role": "user", "content": parts}]))


@probe()
def errors_top_p_outside(target: Target) -> Calls:
    """Asks with a top_p just below its range."""
    for operation in target.of_kind("chat"):
        if "top_p" in operation.request:
            yield target.call(operation, ask(target, operation, top_p=-0.5))


@probe()
def credential_way_around(target: Target) -> Calls:
    """Asks without a credential at a path with a doubled slash."""
    generating = [o for o in plain_operations(target) if o.effect == "generate" and o.kind == "chat"]
    for operation in generating[:1]:
        body = written(ask(target, operation, tokens=LEAKED))
        yield target.call(operation, body, credential=(), base_url=f"{target.base_url}/", tokens=LEAKED)


def _on_request(target: Target) -> list[Operation]:
    return [o for o in target.of_kind("chat") if o.streams == "on-request" and "messages" in o.request]
