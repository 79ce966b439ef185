"""The timeline, rule by rule: when locks count, when reads are served, what writes do, what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.ordering.label import WHOLE_SHARD, Label
from quarkparsec.ordering.markers import Marker
from quarkparsec.ordering.messages import (
    KVSLockAcquired,
    KVSReadRequest,
    ProtocolViolation,
)
from quarkparsec.ordering.timeline import Timeline
from tests.ordering.places import at, finished, lock, readings, seen, write

A, B = b"a", b"b"
READ_A = Label(eager={A})
LAZY_A = Label(lazy={A})
WRITE_A = Label(will={A})
MAY_A = Label(may={A})
READ_WRITE_A = Label(eager={A}, will={A})


def timeline(*messages: Any, workers: tuple[int, ...] = (0,)) -> Timeline:
    """One that has heard these."""
    made = Timeline(0, workers)
    for message in messages:
        made.step(message)
    return made


def ask(n: int, key: bytes = A, *, actual: bool = True) -> KVSReadRequest:
    return KVSReadRequest(at(n), key, actual)


# --- locks


def test_r6_a_lock_is_recorded_wholly() -> None:
    line = timeline(lock(0, Label(will={A}, may={B})))
    assert line.marker(A, at(0)) is line.marker(B, at(0)) is Marker.PENDING
    assert line.marker(b"c", at(0)) is None


def test_r7_a_lock_is_acknowledged_whoever_else_is_pending() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, WHOLE_SHARD), seen(1))
    assert line.step(lock(2, READ_WRITE_A)) == [KVSLockAcquired((at(2),))]


def test_a_repeated_lock_has_no_effect_but_another_acknowledgement() -> None:
    line = timeline(lock(0, WRITE_A), write(0, a=5))
    assert line.step(lock(0, WRITE_A)) == [KVSLockAcquired((at(0),))]
    assert line.marker(A, at(0)) is Marker.VALUE
    assert readings([*line.step(lock(1, READ_A)), *line.step(seen(1))]) == {1: {"a": 5}}


def test_r22_a_lock_below_its_workers_watermark_is_refused_and_changes_nothing() -> None:
    line = timeline(lock(0, WRITE_A), lock(2, READ_A), seen(2))
    acquired, violation = line.step(lock(1, WRITE_A))
    assert acquired == KVSLockAcquired(())
    assert isinstance(violation, ProtocolViolation)
    assert line.marker(A, at(1)) is None
    assert readings(line.step(write(0, a=5))) == {2: {"a": 5}}


def test_a_lock_repeated_after_it_was_forgotten_changes_nothing() -> None:
    line = timeline(lock(0, WRITE_A), seen(0), write(0, a=5), finished(0))
    assert line.lock_count == 0
    assert line.step(lock(0, WRITE_A)) == [KVSLockAcquired(())]
    assert line.lock_count == 0


def test_r22_a_watermark_never_goes_back() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, READ_A), seen(1), seen(0), write(0, a=5))
    assert readings(line.step(lock(2, READ_A))) == {}
    assert readings(line.step(seen(2))) == {2: {"a": 5}}


# --- the read gate


def test_r11_nothing_is_read_before_no_earlier_write_can_appear() -> None:
    line = timeline(lock(0, WRITE_A), write(0, a=1))
    assert readings(line.step(lock(2, READ_A))) == {}
    assert readings(line.step(lock(1, WRITE_A))) == {}
    assert readings(line.step(write(1, a=2))) == {}
    assert readings(line.step(seen(2))) == {2: {"a": 2}}


def test_r11_the_newest_transaction_reads_although_none_comes_after_it() -> None:
    line = timeline(lock(0, READ_A))
    assert readings(line.step(seen(0))) == {0: {"a": 0}}


def test_r11_a_read_waits_for_the_newest_earlier_writer() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, WRITE_A), lock(2, READ_A), seen(2))
    assert readings(line.step(write(0, a=1))) == {}
    assert readings(line.step(write(1, a=2))) == {2: {"a": 2}}


def test_r10_after_a_will_write_only_that_one_counts() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, WRITE_A), lock(2, READ_A), seen(2))
    assert readings(line.step(write(1, a=2))) == {2: {"a": 2}}
    assert line.marker(A, at(0)) is Marker.PENDING


@pytest.mark.parametrize(("written", "read"), [({}, 1), ({"a": 2}, 2)], ids=["nowrite", "value"])
def test_r10_after_a_may_write_it_counts_or_the_one_before(
    written: dict[str, Any], read: int
) -> None:
    line = timeline(lock(0, WRITE_A), lock(1, MAY_A), lock(2, READ_A), seen(2), write(0, a=1))
    assert readings(line.step(write(1, **written))) == {2: {"a": read}}


def test_a_key_that_was_never_written_is_empty() -> None:
    line = timeline(lock(0, MAY_A), lock(1, READ_A), seen(1))
    assert readings(line.step(write(0))) == {1: {"a": 0}}


def test_r9_an_eager_read_is_pushed_when_its_value_is_there() -> None:
    label = Label(eager={A, B})
    line = timeline(lock(0, WRITE_A), lock(1, label))
    assert readings(line.step(seen(1))) == {1: {"b": 0}}
    assert readings(line.step(write(0, a=1))) == {1: {"a": 1}}


def test_r9_a_lazy_read_is_served_when_asked_for_and_not_before() -> None:
    line = timeline(lock(0, LAZY_A))
    assert readings(line.step(seen(0))) == {}
    assert readings(line.step(ask(0))) == {0: {"a": 0}}
    assert line.step(ask(0)) == []


def test_r9_a_lazy_read_asked_for_early_is_served_later() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, LAZY_A), ask(1))
    assert readings(line.step(seen(1))) == {}
    assert readings(line.step(write(0, a=1))) == {1: {"a": 1}}


def test_r9_a_released_read_is_never_served() -> None:
    line = timeline(lock(0, LAZY_A), seen(0), ask(0, actual=False))
    assert line.step(ask(0)) == []


def test_r12_a_transaction_reads_what_was_before_its_own_write() -> None:
    line = timeline(lock(0, READ_WRITE_A), write(0, a=1), lock(1, READ_WRITE_A), write(1, a=2))
    assert readings(line.step(seen(1))) == {0: {"a": 0}, 1: {"a": 1}}


def test_of_several_workers_the_one_that_lags_opens_the_gate() -> None:
    line = timeline(lock(0, WRITE_A), write(0, a=1), lock(1, READ_A), workers=(0, 1))
    assert readings(line.step(seen(1))) == {}
    assert readings(line.step(seen(1, worker=1))) == {1: {"a": 1}}


# --- writes


def test_r13_a_write_waits_for_no_earlier_read() -> None:
    line = timeline(lock(0, WRITE_A), lock(3, READ_A), lock(9, WRITE_A), seen(9))
    line.step(write(9, a=9))
    assert line.marker(A, at(9)) is Marker.VALUE
    assert line.newest(A) == 9
    assert readings(line.step(write(0, a=1))) == {3: {"a": 1}}


def test_r8_what_overtakes_its_lock_is_held() -> None:
    line = timeline(write(0, a=1), ask(1), lock(1, LAZY_A))
    assert readings([*line.step(lock(0, WRITE_A)), *line.step(seen(1))]) == {1: {"a": 1}}
    assert line.marker(A, at(0)) is Marker.VALUE


def test_r15_when_one_fails_its_readers_see_the_value_before() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, WRITE_A), lock(2, READ_A), seen(2), write(0, a=1))
    assert readings(line.step(write(1, aborted=True))) == {2: {"a": 1}}
    assert line.marker(A, at(1)) is Marker.NOWRITE


def test_only_who_failed_may_leave_out_what_it_was_to_write() -> None:
    line = timeline(lock(0, WRITE_A), seen(0))
    (violation,) = line.step(write(0))
    assert isinstance(violation, ProtocolViolation)
    assert line.marker(A, at(0)) is Marker.PENDING


def test_a_resolved_marker_is_so_for_good() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, READ_A), write(0, a=1))
    assert line.step(write(0, a=1)) == []
    (violation,) = line.step(write(0, a=2))
    assert isinstance(violation, ProtocolViolation)
    assert readings(line.step(seen(1))) == {1: {"a": 1}}


# --- the whole shard


def test_the_whole_shard_begins_when_all_before_it_is_resolved() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, MAY_A), lock(2, WHOLE_SHARD))
    assert readings(line.step(seen(2))) == {}
    assert readings(line.step(write(1))) == {}
    assert readings(line.step(write(0, a=1))) == {2: {}}
    assert readings(line.step(ask(2))) == {2: {"a": 1}}
    assert readings(line.step(ask(2, B))) == {2: {"b": 0}}


def test_who_comes_after_the_whole_shard_waits_for_it() -> None:
    line = timeline(lock(0, WHOLE_SHARD), lock(1, READ_A), lock(2, WHOLE_SHARD))
    assert readings(line.step(seen(2))) == {0: {}}
    assert readings(line.step(write(0, a=1))) == {1: {"a": 1}}
    assert readings(line.step(write(1))) == {2: {}}
    assert line.marker(A, at(0)) is Marker.VALUE
    assert line.marker(B, at(0)) is Marker.NOWRITE


def test_behind_a_failed_one_of_the_whole_shard_its_forerunners_still_count() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, WHOLE_SHARD), lock(2, READ_A), seen(2))
    assert readings(line.step(write(1, aborted=True))) == {}
    assert readings(line.step(write(0, a=1))) == {2: {"a": 1}}


# --- garbage


def test_r21_of_many_writes_to_one_key_few_are_kept() -> None:
    line = timeline()
    most = 0
    for n in range(100_000):
        for message in (lock(n, READ_WRITE_A), seen(n), write(n, a=n), finished(n)):
            line.step(message)
        most = max(most, line.version_count(A), line.lock_count)
    assert most <= 2
    assert line.newest(A) == 99_999


def test_r21_a_slow_reader_still_gets_its_version() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, LAZY_A), seen(1), write(0, a=1))
    for n in range(2, 50):
        for message in (lock(n, WRITE_A), seen(n), write(n, a=n)):
            line.step(message)
    line.step(finished(49))
    assert readings(line.step(ask(1))) == {1: {"a": 1}}
    line.step(write(1))
    line.step(finished(49))
    assert line.version_count(A) == 1


def test_r21_a_released_read_lets_the_garbage_pass() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, LAZY_A), lock(2, WRITE_A), seen(2))
    for message in (write(0, a=1), write(2, a=2), finished(2)):
        line.step(message)
    assert line.version_count(A) == 2
    line.step(ask(1, actual=False))
    line.step(write(1))
    line.step(finished(2))
    assert line.version_count(A) == 1


def test_r21_what_stands_before_a_pending_write_is_kept() -> None:
    line = timeline(lock(0, WRITE_A), lock(1, MAY_A), lock(2, READ_A), seen(2), write(0, a=1))
    line.step(finished(2))
    assert readings(line.step(write(1))) == {2: {"a": 1}}


def test_r23_what_only_reads_may_come_late_above_the_read_watermark() -> None:
    line = timeline(lock(0, WRITE_A), lock(2, WRITE_A), seen(2), write(0, a=1), write(2, a=2))
    assert readings(line.step(lock(1, READ_A))) == {1: {"a": 1}}
    line.step(write(1))
    line.step(finished(2))
    assert line.step(lock(2, READ_A)) == [KVSLockAcquired(())]


def test_of_several_workers_the_one_that_lags_holds_the_garbage() -> None:
    line = timeline(workers=(0, 1))
    for n in range(5):
        for message in (lock(n, WRITE_A), seen(n), seen(n, worker=1), write(n, a=n), finished(n)):
            line.step(message)
    assert line.version_count(A) == 5
    for message in (finished(4, worker=1), write(5, a=5), lock(5, WRITE_A), finished(4)):
        line.step(message)
    assert line.version_count(A) == 1
