"""The supervisor: fresh executors at once; who works are the lowest fingerprints."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from quarkparsec.ordering.label import Label
from quarkparsec.ordering.messages import (
    Ended,
    ExecuteTransaction,
    ExecutionSummary,
    ExecutorFinished,
    ExecutorPIDAssigned,
    KVSRead,
    KVSReadRequest,
    KVSWrite,
    SpawnExecutor,
    Strand,
    Writing,
)
from quarkparsec.ordering.outcome import Failure, Miss, Outcome, Success
from quarkparsec.ordering.supervisor import Supervisor
from tests.ordering.any_order import RIGHT, verdict
from tests.ordering.places import at, candidate

A = b"a"
READ_A = Label(eager={A}, will={A})


def increment(_: Any, known: Any) -> Outcome:
    return Success({A: known[A] + 1}, "done")


def spawn(*places: int, after: int | None = None) -> SpawnExecutor:
    return SpawnExecutor(tuple(map(at, places)), None if after is None else at(after))


def execute(n: int, label: Label = READ_A) -> ExecuteTransaction:
    return ExecuteTransaction(((at(n), Strand((candidate(n, label),), label)),))


def read(n: int, value: int = 0) -> KVSRead:
    return KVSRead(((at(n), {A: value}),))


def written(replies: list[Any]) -> list[int]:
    return [
        writing.fingerprint.n
        for reply in replies
        if isinstance(reply, KVSWrite)
        for writing in reply.writings
    ]


def test_r5_every_transaction_gets_a_fresh_executor_at_once() -> None:
    supervisor: Any = Supervisor(increment)
    (first,) = supervisor.step(spawn(0, 1))
    (second,) = supervisor.step(spawn(2, after=1))
    assigned = [*first.executors, *second.executors]
    assert [fingerprint for fingerprint, _ in assigned] == [at(0), at(1), at(2)]
    assert len({number for _, number in assigned}) == 3
    assert supervisor.step(spawn(0, 1)) == [ExecutorPIDAssigned(first.executors)]


def test_a_transaction_runs_once_whatever_is_repeated() -> None:
    supervisor: Any = Supervisor(increment)
    first: list[Any] = [spawn(0), execute(0), execute(0)]
    for message in first:
        supervisor.step(message)
    assert written(supervisor.step(read(0))) == [0]
    for message in [*first, read(0)]:
        assert written(supervisor.step(message)) == []


@pytest.mark.parametrize("seed", range(20))
def test_what_is_said_of_an_executor_may_come_before_it_is_spawned(seed: int) -> None:
    supervisor: Any = Supervisor(increment)
    messages: list[Any] = [spawn(0), spawn(1, after=0), execute(0), execute(1), read(0), read(1)]
    Random(seed).shuffle(messages)
    done = [n for message in messages for n in written(supervisor.step(message))]
    assert done == [0, 1]


def test_r5_in_a_pool_of_one_they_work_in_the_order_of_their_fingerprints() -> None:
    supervisor: Any = Supervisor(increment)
    supervisor.step(spawn(0, 1, 2))
    for n in (2, 1, 0):
        supervisor.step(execute(n))
    assert written(supervisor.step(read(2))) == []
    assert written(supervisor.step(read(0))) == [0]
    assert written(supervisor.step(read(1))) == [1, 2]


def test_r5_a_larger_pool_lets_the_lowest_work_without_a_gap() -> None:
    supervisor: Any = Supervisor(increment, pool=2)
    supervisor.step(spawn(1, 2, after=0))
    for n in (1, 2, 3):
        supervisor.step(execute(n))
        supervisor.step(read(n))
    assert written(supervisor.step(execute(0))) == []
    assert written(supervisor.step(spawn(0))) == [1, 2]
    assert written(supervisor.step(read(0))) == [0]


def test_all_is_said_in_order_writes_first_then_reports() -> None:
    supervisor: Any = Supervisor(lambda *_: Success({}))
    supervisor.step(spawn(0))
    replies = supervisor.step(execute(0, Label(lazy={b"z"}, may={A})))
    kinds = [type(reply) for reply in replies]
    assert kinds == [KVSReadRequest, KVSWrite, ExecutorFinished, ExecutionSummary]


@pytest.mark.parametrize("ending", [Failure("no"), Miss(Label())], ids=["failure", "miss"])
def test_r14_r15_who_fails_resolves_its_markers_and_writes_nothing(ending: Any) -> None:
    supervisor: Any = Supervisor(lambda *_: ending)
    supervisor.step(spawn(0))
    (write, _, summary) = supervisor.step(execute(0, Label(will={A})))
    assert write == KVSWrite((Writing(at(0), {}, True),))
    assert summary.ended[0].endings == (ending,)


def test_poison_does_not_keep_others_from_working() -> None:
    def program(one: Any, _: Any) -> Outcome:
        return Success({}) if one.executable else 1 / 0  # type: ignore[return-value]

    supervisor: Any = Supervisor(program)
    supervisor.step(spawn(0, 1))
    executions = (
        (at(0), Strand((candidate(0, executable=False),), Label())),
        (at(1), Strand((candidate(1, executable=True),), Label())),
    )
    assert written(supervisor.step(ExecuteTransaction(executions))) == [0, 1]


def test_a_summary_says_what_was_read_and_written_and_what_came_of_it() -> None:
    supervisor: Any = Supervisor(increment)
    supervisor.step(spawn(0))
    supervisor.step(execute(0))
    *_, summary = supervisor.step(read(0, 7))
    assert summary.ended == (Ended(at(0), (Success({A: 8}, "done"),), {A: 7}),)


@pytest.mark.parametrize("crash", range(9))
def test_a_supervisor_that_crashed_comes_to_the_same_when_it_is_told_all_again(crash: int) -> None:
    messages: list[Any] = [spawn(0, 1), execute(1), read(0), execute(0), read(1, 1)]
    told: list[Any] = []
    said: list[Any] = []
    supervisor: Any = Supervisor(increment)
    for number, message in enumerate(messages):
        if number == crash:
            supervisor = Supervisor(increment)
            said += [reply for each in told for reply in supervisor.step(each)]
        told.append(message)
        said += supervisor.step(message)
    said_again: dict[Any, Writing] = {}
    for reply in said:
        for writing in reply.writings if isinstance(reply, KVSWrite) else ():
            assert said_again.setdefault(writing.fingerprint, writing) == writing
    assert list(said_again.values()) == [
        Writing(at(0), {A: 1}, False),
        Writing(at(1), {A: 2}, False),
    ]


class CrashesOnce(Supervisor):
    """Loses its memory at one of its messages, and is told again all that it was told before."""

    at_message = 0

    def __init__(self, program: Any, pool: int) -> None:
        super().__init__(program, pool)
        self.program = program
        self.pool = pool
        self.told: list[Any] = []

    def step(self, message: Any) -> list[Any]:
        self.told.append(message)
        if len(self.told) != self.at_message:
            return super().step(message)
        told = self.told
        self.__init__(self.program, self.pool)  # type: ignore[misc]
        self.told = told
        return [reply for each in told for reply in super(CrashesOnce, self).step(each)]


@pytest.mark.parametrize("at_message", range(1, 41))
def test_wherever_it_crashes_it_reads_and_writes_the_same_and_all_has_one_effect(
    at_message: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrashesOnce, "at_message", at_message)
    kinds = RIGHT._replace(supervisor=CrashesOnce)
    for seed in range(8):
        assert verdict(seed, kinds) == "ok", f"seed {seed}"
