"""The gate lets so many through as the target can take."""

from __future__ import annotations

import asyncio

import pytest

from conformance.transport.gate import Gate


async def most_at_once(gate, count):
    """Return how many of so many calls were inside at once."""
    inside, seen = 0, [0]

    async def call():
        nonlocal inside
        async with gate:
            inside += 1
            seen.append(inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(count)))
    return max(seen)


@pytest.mark.parametrize(
    ("width", "times", "wanted"), [(8, 0, 8), (8, 1, 4), (8, 2, 2), (5, 1, 2), (8, 9, 1), (1, 1, 1)]
)
def test_gate_is_half_as_wide_each_time(width, times, wanted):
    """Each narrowing halves what gets through at once, at least to one."""

    async def run():
        gate = Gate(width)
        for _ in range(times):
            await gate.narrow(gate.width)
        return gate.width, await most_at_once(gate, 40)

    assert asyncio.run(run()) == (wanted, wanted)


def test_calls_inside_give_up_surplus_places():
    """Once the calls that were inside have left, no more are inside at once than the narrowed gate lets through."""

    async def run():
        gate = Gate(8)

        async def first():
            async with gate as width:
                await asyncio.sleep(0)
                await gate.narrow(width)

        await asyncio.gather(*(first() for _ in range(8)))
        return gate.width, await most_at_once(gate, 40)

    assert asyncio.run(run()) == (4, 4)


def test_call_that_is_given_up_leaves_its_place():
    """A call that fails or is cancelled inside gives its place back."""

    async def run():
        gate = Gate(1)
        with pytest.raises(ValueError, match="within"):
            async with gate:
                raise ValueError("within")
        return await most_at_once(gate, 3)

    assert asyncio.run(run()) == 1
