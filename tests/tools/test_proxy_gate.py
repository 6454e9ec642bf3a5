"""So many at once, so many in a queue."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from tools.embedded.gate import Gate, QueueFullError


async def _hold(gate: Gate, done: asyncio.Event) -> None:
    async with gate.slot():
        await done.wait()


async def _passed_at_once(gate: Gate, tasks: int, *, went_well: bool = True) -> list[int]:
    """How many were in flight each time all of these had been answered."""
    waves: list[int] = []
    running: list[asyncio.Event] = []

    async def one() -> None:
        async with gate.slot() as slot:
            done = asyncio.Event()
            running.append(done)
            await done.wait()
            slot.went_well = went_well

    pending = [asyncio.create_task(one()) for _ in range(tasks)]
    while not all(task.done() for task in pending):
        for _ in range(3):
            await asyncio.sleep(0)
        waves.append(len(running))
        for done in running:
            done.set()
        running.clear()
        for _ in range(3):
            await asyncio.sleep(0)
    return [wave for wave in waves if wave]


def test_more_pass_with_each_wave_that_goes_well_up_to_the_limit() -> None:
    gate = Gate(2, 100, in_flight_max=8)

    waves = asyncio.run(_passed_at_once(gate, 30))

    assert waves[:4] == [2, 4, 8, 8]


def test_no_more_pass_when_it_goes_badly() -> None:
    gate = Gate(2, 100, in_flight_max=8)

    waves = asyncio.run(_passed_at_once(gate, 8, went_well=False))

    assert waves == [2] * 4


def test_after_a_burst_as_few_pass_as_before() -> None:
    async def run() -> list[int]:
        gate = Gate(2, 100, in_flight_max=8)
        await _passed_at_once(gate, 30)
        return await _passed_at_once(gate, 30)

    assert asyncio.run(run())[0] == 2


def test_a_full_queue_takes_no_more() -> None:
    async def run() -> None:
        gate = Gate(1, 1)
        done = asyncio.Event()
        held = [asyncio.create_task(_hold(gate, done)) for _ in range(2)]
        await asyncio.sleep(0)

        with pytest.raises(QueueFullError):
            await _hold(gate, done)

        done.set()
        await asyncio.gather(*held)

    asyncio.run(run())


@pytest.mark.parametrize("its_turn_came", [False, True])
def test_one_that_gives_up_leaves_its_place_to_the_next(its_turn_came: bool) -> None:
    async def run() -> None:
        gate = Gate(1, 10)
        first, done = AsyncExitStack(), asyncio.Event()
        await first.enter_async_context(gate.slot())
        given_up = asyncio.create_task(_hold(gate, done))
        last = asyncio.create_task(_hold(gate, done))
        await asyncio.sleep(0)

        if its_turn_came:
            await first.aclose()
        given_up.cancel()
        await first.aclose()

        done.set()
        await asyncio.wait_for(last, 1)
        assert given_up.cancelled()

    asyncio.run(run())
