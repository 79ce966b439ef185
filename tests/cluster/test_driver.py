"""A driver carries out effects in the order they were given, and stops at the first fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from cluster import driver as driver_module
from cluster.driver import Driver, now_ms
from quarkparsec.effects import JobDone, Persist, Persisted, Run, Send, Tick, WakeAt
from quarkparsec.errors import Corrupt, InvariantBroken, Rejected, Unavailable
from quarkparsec.store import MemoryStore


class Script:
    """A machine that answers each event with the effects written for it, and remembers the events."""

    def __init__(self, answers: Mapping[Any, Any], at_start: list[Any] | None = None) -> None:
        self.events: Final[list[Any]] = []
        self._answers: Final = answers
        self._at_start: Final = at_start or []

    def start(self, now_ms: int) -> list[Any]:
        return self._at_start

    def step(self, now_ms: int, event: Any) -> list[Any]:
        self.events.append(event)
        answer = self._answers.get(event, [])
        if isinstance(answer, Exception):
            raise answer
        return list(answer)


class Scene:
    """A driver with a real thread and a store that notes the order of what happens."""

    def __init__(self, machine: Script, store: MemoryStore | None = None) -> None:
        self.machine: Final = machine
        self.store: Final = store or MemoryStore()
        self.sent: Final[list[Any]] = []
        self.announced: Final[list[Any]] = []
        self.steps = 0
        self._thread: Final = ThreadPoolExecutor(1)
        self.driver: Final = Driver(
            "the scene",
            machine,
            self.store,
            self._thread,
            send=self.sent.append,
            announce=self.announced.append,
            stepped=self._stepped,
        )

    async def heard(self, event: Any) -> None:
        """Wait until the machine was fed an event."""
        async with asyncio.timeout(5):
            while event not in self.machine.events:  # noqa: ASYNC110 - the machine tells nobody
                await asyncio.sleep(0.001)

    def close(self) -> None:
        self.driver.stop()
        self._thread.shutdown()

    def _stepped(self) -> None:
        self.steps += 1


class FullStore(MemoryStore):
    """A disk with room for one key again after it was too full for two."""

    def write(self, batch: Mapping[bytes, bytes | None], *, sync: bool) -> None:
        if len(batch) > 1:
            raise Corrupt("the disk is full")
        super().write(batch, sync=sync)


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What the driver says when it stops isn't for the tests' output."""
    with caplog.at_level("CRITICAL", logger="driver"):
        yield


def test_messages_and_announcements_go_out_at_once() -> None:
    async def scene() -> None:
        one = Scene(Script({"go": [Send("message"), "block", Send("another")]}))
        one.driver.step("go")
        assert (one.sent, one.announced, one.steps) == (["message", "another"], ["block"], 1)
        one.close()

    play(scene)


def test_what_a_machine_does_at_start_is_carried_out() -> None:
    async def scene() -> None:
        one = Scene(Script({}, at_start=[Send("hello")]))
        one.driver.start()
        assert one.sent == ["hello"]
        one.close()

    play(scene)


def test_writes_and_jobs_happen_in_the_order_given() -> None:
    async def scene() -> None:
        one = Scene(Script({}))
        effects: list[Any] = []
        for number in range(50):
            key = b"%03d" % number
            effects.append(Persist({key: b"1", b"latest": key}, sync=False, token=number))
            effects.append(Run(number, lambda _: one.store.get(b"latest"), budget_ms=1_000))
        one.driver.run(lambda: effects)
        await one.heard(JobDone(49, b"049"))
        expected: list[Any] = []
        for number in range(50):
            expected += [Persisted(number), JobDone(number, b"%03d" % number)]
        assert one.machine.events == expected
        one.close()

    play(scene)


def test_a_write_is_told_only_after_it_happened() -> None:
    async def scene() -> None:
        one = Scene(Script({"go": [Persist({b"k": b"v"}, sync=True, token=7)]}))
        one.driver.step("go")
        assert one.machine.events == ["go"]
        await one.heard(Persisted(7))
        assert one.store.get(b"k") == b"v"
        one.close()

    play(scene)


def test_a_job_is_told_when_its_budget_is_spent() -> None:
    def job(out_of_time: Callable[[], bool]) -> str:
        assert not out_of_time()
        while not out_of_time():
            pass
        return "spent"

    async def scene() -> None:
        one = Scene(Script({}))
        one.driver.run(lambda: [Run(1, job, budget_ms=20)])
        await one.heard(JobDone(1, "spent"))
        one.close()

    play(scene)


def test_the_last_alarm_counts_and_never_rings_early() -> None:
    async def scene() -> None:
        one = Scene(Script({}))
        at_ms = now_ms() + 40
        one.driver.run(lambda: [WakeAt(at_ms - 30), WakeAt(at_ms)])
        await one.heard(Tick())
        assert now_ms() >= at_ms
        await asyncio.sleep(0.02)
        assert one.machine.events == [Tick()]
        one.close()

    play(scene)


def test_a_timer_that_fires_early_waits_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        one = Scene(Script({}))
        clock = iter([1_000, 1_009, 1_009])  # set for 1 010, fired at 1 009, set again
        monkeypatch.setattr(driver_module, "now_ms", lambda: next(clock, 1_010))
        one.driver.run(lambda: [WakeAt(1_010)])  # the step itself looks at no clock
        await one.heard(Tick())
        assert one.machine.events == [Tick()]
        assert next(clock, None) is None
        one.close()

    play(scene)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("fault", [InvariantBroken("a fact"), Corrupt("a peer"), KeyError("x")])
def test_a_machine_that_raises_is_never_stepped_again(fault: Exception) -> None:
    async def scene() -> None:
        one = Scene(Script({"go": fault, "later": [Send("too late")]}))
        one.driver.step("go")
        one.driver.step("later")
        assert one.machine.events == ["go"]
        assert one.driver.failed.exception() is fault
        with pytest.raises(Unavailable, match="the scene has stopped"):
            one.driver.run(list)
        one.close()

    play(scene)


def test_a_refusal_goes_to_the_caller_and_stops_nothing() -> None:
    def refuse() -> list[Any]:
        raise Rejected("nonce too low")

    async def scene() -> None:
        one = Scene(Script({"go": [Send("on")]}))
        with pytest.raises(Rejected, match="nonce"):
            one.driver.run(refuse)
        one.driver.step("go")
        assert one.sent == ["on"]
        one.close()

    play(scene)


@pytest.mark.usefixtures("quiet")
def test_a_write_that_fails_stops_the_machine_and_every_later_write() -> None:
    async def scene() -> None:
        one = Scene(Script({}), FullStore())
        writes = [
            Persist({b"a": b"1", b"b": b"1"}, sync=True, token=1),
            Persist({b"c": b"2"}, sync=True, token=2),
        ]
        one.driver.run(lambda: writes)
        with pytest.raises(Corrupt, match="the disk is full"):
            await one.driver.failed
        one.close()
        assert one.machine.events == []
        assert one.store.get(b"c") is None

    play(scene)


@pytest.mark.usefixtures("quiet")
def test_a_job_that_fails_stops_the_machine() -> None:
    async def scene() -> None:
        one = Scene(Script({}))
        one.driver.run(lambda: [Run(1, lambda _: 1 // 0, budget_ms=10)])
        with pytest.raises(ZeroDivisionError):
            await one.driver.failed
        one.close()

    play(scene)


@pytest.mark.usefixtures("quiet")
def test_two_failing_jobs_fail_once() -> None:
    async def scene() -> None:
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: complaints.append(context)
        )
        one = Scene(Script({}))
        failing = [Run(number, lambda _: 1 // 0, budget_ms=10) for number in range(2)]
        one.driver.run(lambda: failing)
        with pytest.raises(ZeroDivisionError):
            await one.driver.failed
        await asyncio.sleep(0.02)
        assert complaints == []
        one.close()

    play(scene)


def test_a_stopped_driver_rings_no_alarm() -> None:
    async def scene() -> None:
        one = Scene(Script({}))
        one.driver.run(lambda: [WakeAt(now_ms() + 10)])
        one.close()
        await asyncio.sleep(0.03)
        assert one.machine.events == []

    play(scene)
