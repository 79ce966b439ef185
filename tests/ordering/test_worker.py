"""The worker: what it promises, what order it gives, and how far it says that it is known."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import fields

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.label import WHOLE_SHARD, Label
from quarkparsec.ordering.messages import (
    Ended,
    ExecuteTransaction,
    ExecutorFinished,
    ExecutorPIDAssigned,
    KVSAcquireLock,
    KVSLockAcquired,
    SealBatch,
    SpawnExecutor,
    TransactionRequest,
    UpdateSeenAll,
)
from quarkparsec.ordering.outcome import Failure, Miss, Success
from quarkparsec.ordering.worker import Worker
from quarkparsec.types import Stage
from quarkparsec.wire.acknowledgement import TransactionAck
from tests.ordering.places import EPOCH, at, candidate, finished, seen

START = 1_700_000_000


def worker() -> Any:
    return Worker(0, EPOCH, START)


def request(*names: int, **rest: Any) -> TransactionRequest:
    return TransactionRequest(tuple(candidate(name) for name in names), **rest)


def sealed(*names: int, seed: bytes | None = None) -> Any:
    """A worker that has ordered these."""
    made = worker()
    made.step(request(*names))
    made.step(SealBatch(keccak(seed) if seed is not None else None))
    return made


def of(kind: type, replies: list[Any]) -> Any:
    (found,) = [each for each in replies if isinstance(each, kind)]
    return found


def end(n: int, ending: Any = Success({})) -> ExecutorFinished:  # noqa: B008 - a constant
    return ExecutorFinished((Ended(at(n), (ending,), {}),))


# --- requests


def test_r2_an_acknowledgement_names_the_epoch_and_no_number() -> None:
    (ack,) = worker().step(request(5, 6))
    assert ack == TransactionAck((keccak(b"\5"), keccak(b"\6")), EPOCH, START, 0, Stage.ADMITTED)
    names = [field.name for field in fields(TransactionAck)]
    assert names == ["hashes", "epoch", "epoch_start", "worker", "stage"]


def test_only_what_is_ordered_is_acknowledged_as_ordered() -> None:
    made = worker()
    made.step(request(5))
    assert of(TransactionAck, made.step(SealBatch())).stage is Stage.ORDERED
    assert made.step(SealBatch()) == []


@pytest.mark.parametrize("times_sealed", [0, 1], ids=["waiting", "ordered"])
def test_r3_a_repeated_request_is_answered_alike_and_disregarded(times_sealed: int) -> None:
    made = worker()
    first = made.step(request(5))
    before = [made.step(SealBatch()) for _ in range(times_sealed)]
    assert made.step(request(5)) == first
    after = made.step(SealBatch())
    orders = [each for each in [*before, after] if each]
    assert len(orders) == 1
    assert made.place(keccak(b"\5")) == at(0)


def test_r3_what_was_ordered_no_later_than_its_sender_knows_is_ordered_again() -> None:
    made = sealed(5)
    made.step(request(5, resubmission=at(0)))
    made.step(SealBatch())
    assert made.place(keccak(b"\5")) == at(1)
    made.step(request(5, resubmission=at(0)))
    assert made.step(SealBatch()) == []


def test_a_candidate_is_kept_until_its_transaction_has_ended() -> None:
    made = sealed(5, 6)
    first = made.step(ExecutorPIDAssigned(((at(0), 1), (at(1), 2))))
    assert made.step(ExecutorPIDAssigned(((at(0), 8), (at(1), 9)))) == first
    made.step(end(0))
    (again,) = made.step(ExecutorPIDAssigned(((at(0), 3), (at(1), 4))))
    assert [fingerprint for fingerprint, _ in again.executions] == [at(1)]


# --- order


@pytest.mark.parametrize("seed", [None, b"some", b"other"])
def test_r4_numbers_are_dense_over_all_batches_of_an_epoch(seed: bytes | None) -> None:
    made = worker()
    places: list[Any] = []
    for names in ((1, 2, 3), (), (4,), (5, 6)):
        made.step(request(*names))
        for message in made.step(SealBatch(keccak(seed) if seed else None)):
            if isinstance(message, SpawnExecutor):
                assert message.after == (places[-1] if places else None)
                places += message.fingerprints
    assert places == [at(n) for n in range(6)]
    assert sorted(made.place(keccak(bytes([n]))) or at(99) for n in range(1, 7)) == places


def test_epochs_follow_one_another_whatever_their_numbers() -> None:
    assert at(9)._replace(epoch=EPOCH) < at(0)._replace(epoch=type(EPOCH)(EPOCH + 1))


def test_an_executor_gets_its_own_transaction_whatever_the_order_of_the_answers() -> None:
    made = sealed(5, 6, 7)
    message = of(ExecuteTransaction, made.step(ExecutorPIDAssigned(((at(2), 1), (at(0), 2)))))
    executed = {place: strand.candidates[0].nonce for place, strand in message.executions}
    assert executed == {at(2): 7, at(0): 5}


def test_r6_there_is_one_lock_for_each_transaction() -> None:
    made = worker()
    made.step(TransactionRequest((candidate(1, Label(eager={b"a"})), candidate(2, WHOLE_SHARD))))
    message = of(KVSAcquireLock, made.step(SealBatch()))
    assert message.locks == ((at(0), Label(eager={b"a"})), (at(1), WHOLE_SHARD))


# --- watermarks


def test_r18_the_write_watermark_is_the_prefix_that_is_recorded() -> None:
    made = sealed(1, 2, 3, 4)
    assert made.step(KVSLockAcquired((at(1),))) == []
    assert made.step(KVSLockAcquired((at(0),))) == [seen(1)]
    assert made.step(KVSLockAcquired((at(3),))) == []
    assert made.step(KVSLockAcquired((at(3), at(0)))) == []
    assert made.step(KVSLockAcquired((at(2),))) == [seen(3)]


def test_r20_the_read_watermark_is_the_prefix_that_has_finished_and_is_recorded() -> None:
    made = sealed(1, 2)
    assert made.step(end(0)) == []
    assert made.step(KVSLockAcquired((at(0),))) == [seen(0), finished(0)]
    made.step(KVSLockAcquired((at(1),)))
    assert made.step(end(1)) == [finished(1)]
    assert made.step(end(1)) == []


# --- labels that were too small


def test_r16_what_misses_gets_another_place_with_the_label_that_it_needs() -> None:
    made = sealed(1, 2)
    made.step(KVSLockAcquired((at(0), at(1))))
    replies = made.step(end(0, Miss(WHOLE_SHARD)))
    assert of(SpawnExecutor, replies) == SpawnExecutor((at(2),), at(1))
    assert of(KVSAcquireLock, replies).locks == ((at(2), WHOLE_SHARD),)
    assert made.place(keccak(b"\1")) == at(2)
    assert of(UpdateSeenAll, made.step(KVSLockAcquired((at(2),)))) == seen(2)


def test_what_misses_is_ordered_again_in_its_order_whenever_that_is_heard_of() -> None:
    made = sealed(1, 2, 3)
    made.step(KVSLockAcquired((at(0), at(1), at(2))))
    assert made.step(end(2, Miss(WHOLE_SHARD))) == []
    assert made.step(end(1, Failure("no"))) == []
    replies = made.step(end(0, Miss(WHOLE_SHARD)))
    assert of(SpawnExecutor, replies) == SpawnExecutor((at(3), at(4)), at(2))
    assert made.place(keccak(b"\1")) == at(3)
    assert made.place(keccak(b"\3")) == at(4)


# --- strands


def test_a_strand_has_the_place_of_its_first_and_locks_for_all() -> None:
    made: Any = Worker(0, EPOCH, START, strand_length=2)
    labels = [Label(eager={b"a"}), Label(may={b"b"}), Label(lazy={b"a"}), WHOLE_SHARD, Label()]
    candidates = tuple(candidate(n, label) for n, label in enumerate(labels))
    made.step(TransactionRequest(candidates))
    replies = made.step(SealBatch())
    assert of(SpawnExecutor, replies) == SpawnExecutor((at(0), at(2), at(4)), None)
    assert of(KVSAcquireLock, replies).locks == (
        (at(0), Label(eager={b"a"}, may={b"b"})),
        (at(2), WHOLE_SHARD),
        (at(4), Label()),
    )
    assert [made.place(each.hash) for each in candidates] == [at(n) for n in range(5)]


def test_of_a_strand_only_those_that_missed_are_ordered_again() -> None:
    made: Any = Worker(0, EPOCH, START, strand_length=3)
    made.step(request(1, 2, 3))
    made.step(SealBatch())
    made.step(KVSLockAcquired((at(0),)))
    endings = (Success({}), Miss(WHOLE_SHARD), Failure("no"))
    replies = made.step(ExecutorFinished((Ended(at(0), endings, {}),)))
    assert of(SpawnExecutor, replies) == SpawnExecutor((at(3),), at(0))
    assert made.place(keccak(b"\2")) == at(3)
