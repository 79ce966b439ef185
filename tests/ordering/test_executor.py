"""An executor: when it runs, what it may touch, and that nothing comes of what fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from quarkparsec.errors import Corrupt, InvariantBroken
from quarkparsec.ordering.executor import Executor
from quarkparsec.ordering.label import WHOLE_SHARD, Label, join_all
from quarkparsec.ordering.messages import Ended, KVSReadRequest, Strand
from quarkparsec.ordering.outcome import Failure, Miss, Outcome, Success, Wants
from tests.ordering.places import at, candidate

A, B = b"a", b"b"


def executor(label: Label) -> Any:
    return Executor(Strand((candidate(1, label),), label))


def test_it_waits_for_every_eager_read() -> None:
    made = executor(Label(eager={A, B}))
    assert not made.is_ready
    made.hear({A: 1})
    assert not made.is_ready
    made.hear({B: 2})
    assert made.is_ready
    ended = made.run(at(0), lambda _, known: Success({}, dict(known)))
    assert ended == Ended(at(0), (Success({}, {A: 1, B: 2}),), {A: 1, B: 2})


def test_one_that_reads_nothing_runs_at_once() -> None:
    assert executor(Label(will={A})).is_ready
    assert executor(Label(lazy={A})).is_ready


def test_under_the_whole_shards_label_it_waits_until_it_is_told() -> None:
    made = executor(WHOLE_SHARD)
    assert not made.is_ready
    made.hear({})
    assert made.is_ready


def test_r9_a_lazy_read_that_is_wanted_is_asked_for_the_others_are_released() -> None:
    made = executor(Label(lazy={A, B}))

    def program(_: Any, known: Mapping[bytes, Any]) -> Outcome:
        return Success({}, known[A]) if A in known else Wants((A, A))

    assert made.run(at(0), program) == [KVSReadRequest(at(0), A, True)]
    assert not made.is_ready
    made.hear({A: 5})
    assert made.run(at(0), program) == Ended(at(0), (Success({}, 5),), {A: 5})
    assert made.releases(at(0)) == [KVSReadRequest(at(0), B, False)]


def test_r16_who_wants_a_key_outside_the_label_misses() -> None:
    ended = executor(Label(lazy={A})).run(at(0), lambda *_: Wants((A, B)))
    assert ended == Ended(at(0), (Miss(Label(lazy={A, B})),), {})


def test_r16_who_writes_a_key_outside_the_label_misses_and_writes_nothing() -> None:
    ended = executor(Label(will={A})).run(at(0), lambda *_: Success({A: 1, B: 2}))
    assert ended == Ended(at(0), (Miss(Label(will={A}, may={B})),), {})


def test_the_whole_shards_label_allows_every_key() -> None:
    made = executor(WHOLE_SHARD)
    made.hear({})
    assert made.run(at(0), lambda *_: Success({B: 2})) == Ended(at(0), (Success({B: 2}),), {})


@pytest.mark.parametrize("poison", [ZeroDivisionError("x"), RecursionError(), ValueError("y")])
def test_poison_fails_and_nothing_more(poison: Exception) -> None:
    def program(*_: Any) -> Outcome:
        raise poison

    ended = executor(Label(will={A})).run(at(0), program)
    assert isinstance(ended, Ended)
    (ending,) = ended.endings
    assert isinstance(ending, Failure)
    assert type(poison).__name__ in ending.reason


@pytest.mark.parametrize("fault", [Corrupt("the disk lies"), InvariantBroken("our fault")])
def test_what_is_wrong_with_the_replica_is_not_the_transactions_failure(fault: Exception) -> None:
    def program(*_: Any) -> Outcome:
        raise fault

    with pytest.raises(type(fault)):
        executor(Label()).run(at(0), program)


def test_who_wants_what_it_has_fails_rather_than_running_for_ever() -> None:
    made = executor(Label(eager={A}))
    made.hear({A: 1})
    ended = made.run(at(0), lambda *_: Wants((A,)))
    assert isinstance(ended, Ended)
    (ending,) = ended.endings
    assert isinstance(ending, Failure)


def strand(*labels: Label) -> Any:
    """Several transactions that share an executor; each is named by its number."""
    candidates = tuple(candidate(n, label, n) for n, label in enumerate(labels))
    return Executor(Strand(candidates, join_all(labels)))


def test_r12_in_a_strand_each_reads_what_those_before_it_wrote() -> None:
    row = Label(eager={A}, will={A})
    made = strand(row, row, row)
    made.hear({A: 5})
    ended = made.run(at(0), lambda _, known: Success({A: known[A] + 1}, known[A]))
    assert [ending.result for ending in ended.endings] == [5, 6, 7]
    assert made.writes == {A: 8}


def test_r14_in_a_strand_nothing_comes_of_the_one_that_fails() -> None:
    row = Label(eager={A}, will={A})
    made = strand(row, row, row)
    made.hear({A: 5})

    def program(one: Any, known: Mapping[bytes, Any]) -> Outcome:
        return Failure("no") if one.nonce == 1 else Success({A: known[A] + 1})

    assert [type(each) for each in made.run(at(0), program).endings] == [Success, Failure, Success]
    assert made.writes == {A: 7}


def test_r16_in_a_strand_each_has_its_own_label() -> None:
    made = strand(Label(eager={A}), Label(eager={B}, will={B}))
    made.hear({A: 1, B: 2})
    seen = []

    def program(_: Any, known: Mapping[bytes, Any]) -> Outcome:
        seen.append(dict(known))
        return Success({B: 3})

    first, second = made.run(at(0), program).endings
    assert first == Miss(Label(eager={A}, may={B}))
    assert second == Success({B: 3})
    assert seen == [{A: 1}, {B: 2}]


def test_in_a_strand_with_the_whole_shard_each_asks_for_its_own_reads() -> None:
    made = strand(Label(eager={B}, will={B}), WHOLE_SHARD, Label(eager={A, B}))

    def program(_: Any, known: Mapping[bytes, Any]) -> Outcome:
        return Success({B: 3} if A not in known else {}, dict(known))

    assert not made.is_ready
    made.hear({})
    assert made.run(at(0), program) == [KVSReadRequest(at(0), B, True)]
    made.hear({B: 1})
    assert made.run(at(0), program) == [KVSReadRequest(at(0), A, True)]
    made.hear({A: 2})
    ended = made.run(at(0), program)
    assert [each.result for each in ended.endings] == [{B: 1}, {}, {A: 2, B: 3}]


def test_a_strand_goes_on_where_it_waited_for_a_lazy_read() -> None:
    made = strand(Label(), Label(lazy={A}), Label())
    begun = []

    def program(one: Any, known: Mapping[bytes, Any]) -> Outcome:
        begun.append(one.nonce)
        return Wants((A,)) if one.nonce == 1 and A not in known else Success({})

    assert made.run(at(0), program) == [KVSReadRequest(at(0), A, True)]
    made.hear({A: 1})
    assert len(made.run(at(0), program).endings) == 3
    assert begun == [0, 1, 1, 2]
