"""Makes runs of what the options of a command say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.generation.effort import Effort
from conformance.settings import runs
from conformance.transport.budget import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from conformance.run import Run


def limits(said: dict[str, Any]) -> Limits:
    """Return the limits that the options set."""
    return Limits(
        requests=said["max_requests"],
        output_tokens=said["max_output_tokens"],
        seconds=said["max_seconds"],
        concurrency=said["concurrency"],
        timeout=said["timeout"],
    )


def runs_said(apis: Sequence[str], said: dict[str, Any]) -> AbstractContextManager[list[Run]]:
    """Return the context in which the runs of some APIs can be made, as the options say.

    Raises:
        UsageTrouble: on entering it, the options do not fit each other or the environment.
    """
    return runs(
        apis,
        target=said["target"],
        key=said["api_key"],
        key_env=said["api_key_env"],
        headers=said["headers"],
        model=said["model"],
        configure=said["allow_configure"],
        optional=said["optional"],
        limits=limits(said),
        strict=said["strict"],
        seed=said["seed"],
        effort=Effort(said["effort"]),
        failures=said.get("save_failures"),
    )
