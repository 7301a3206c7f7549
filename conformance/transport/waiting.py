"""Waits until a target answers HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.probes.call import Call
from conformance.probes.target import USER_AGENT
from conformance.transport.client import connect
from conformance.transport.collect import is_loopback

if TYPE_CHECKING:
    from conformance.transport.collect import Connect

EVERY = 0.5
"""Seconds between two attempts."""
LONGEST = 10.0
"""The most seconds that one attempt may take."""


def wait_for(base_url: str, seconds: float, connect: Connect = connect) -> str:
    """Wait until anything at a base URL answers HTTP, whatever its status; returns why not, where nothing did in time.

    What is sent is a GET of the base URL without a credential, which makes no model say anything.
    """
    return asyncio.run(_answered(base_url, seconds, connect))


async def _answered(base_url: str, seconds: float, connect: Connect) -> str:
    call = Call("GET", base_url, (("User-Agent", USER_AGENT), ("Accept", "*/*")))
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        left = max(EVERY, min(LONGEST, end - loop.time()))
        async with connect(1, left, direct=is_loopback(base_url)) as client:
            exchange = await client.send(call, "waiting")
        if exchange.response is not None:
            return ""
        if loop.time() + EVERY > end:
            return f"nothing answers at {base_url} within {seconds:g} s: {exchange.detail or exchange.ending}"
        await asyncio.sleep(EVERY)
