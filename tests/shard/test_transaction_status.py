"""How far a transaction has come, told at every stop of the shard's machine. This is shard 0 of two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from quarkparsec.effects import JobDone, Persist, Run
from quarkparsec.errors import Rejected
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.transaction_status import acknowledge, furthest, status_of
from quarkparsec.types import Epoch, Fingerprint, Hash32, ShardId, Stage, home_key
from quarkparsec.wire import lanes
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.epoch import to_amount
from quarkparsec.wire.queries import FoundStatus
from tests.shard.cluster_of_one import Driven, summary_of
from tests.shard.test_machine_crossing import BOB, GENESIS, HERE, TAKEN, hear
from tests.simulation.scenery import ledger_of
from tests.simulation.wallet import GWEI, Wallet, wallets

ALICE, CAROL, DAN = wallets(2, 3)[HERE]
EVE = wallets(2, 3)[ShardId(1)][1]
UNKNOWN = Hash32(bytes(32))
MONEY = to_amount(50_000 * 3 * GWEI)


def joined() -> Driven:
    driven = Driven(genesis=GENESIS)
    driven.welcome()
    return driven


def payment(sender: Wallet, nonce: int = 0, tip: int = 2 * GWEI) -> Candidate:
    """To Dan, who is at home here."""
    return Candidate(sender.sign(nonce, DAN.recipient, 1, tip=tip), home_key(DAN.recipient))


def leaving(sender: Wallet, nonce: int = 0) -> Candidate:
    """To Bob, who is at home in shard 1."""
    return Candidate(sender.sign(nonce, BOB, 1), home_key(BOB))


def take(driven: Driven, *candidates: Candidate) -> list[Hash32]:
    for each in candidates:
        driven.take(each)
    return [each.transaction.hash for each in candidates]


def status(driven: Driven, transaction_hash: Hash32) -> FoundStatus | None:
    return status_of(driven.machine, driven.machine.blocks, transaction_hash)


def seen(driven: Driven, transaction_hash: Hash32) -> tuple[Stage, Fingerprint | None]:
    found = status(driven, transaction_hash)
    assert found is not None
    return found.stage, found.fingerprint


def release(driven: Driven) -> None:
    """Let the one effect that was held happen."""
    held, driven.held = driven.held, []
    (effect,) = held
    driven.do(effect)


# --- from the pool to the block


def test_what_waits_is_admitted_for_the_next_epoch() -> None:
    driven = joined()
    (first,) = take(driven, payment(ALICE))
    assert status(driven, first) == FoundStatus(0, Stage.ADMITTED, Epoch(1))
    commit(driven, 1)
    (second,) = take(driven, payment(ALICE, nonce=1))
    assert status(driven, second) == FoundStatus(0, Stage.ADMITTED, Epoch(2))
    assert status(driven, UNKNOWN) is None


def test_what_waits_for_an_earlier_nonce_is_queued_until_that_comes() -> None:
    driven = joined()
    (later,) = take(driven, payment(ALICE, nonce=1))
    assert status(driven, later) == FoundStatus(0, Stage.ADMITTED, Epoch(1), is_queued=True)
    take(driven, payment(ALICE))
    assert status(driven, later) == FoundStatus(0, Stage.ADMITTED, Epoch(1))


def test_a_transaction_goes_through_all_stages_with_one_fingerprint() -> None:
    driven = joined()
    _, second = take(driven, payment(ALICE), payment(CAROL))
    stops: list[tuple[str, Stage]] = []
    for _ in stages(driven):
        stage, fingerprint = seen(driven, second)
        stops.append((driven.state_name(), stage))
        assert fingerprint == (1, 1, 1)
    assert stops == [
        ("Executing", Stage.ORDERED),
        ("Executed", Stage.EXECUTED),
        ("Sealing", Stage.EXECUTED),
        ("Storing", Stage.EXECUTED),
        ("Sealed", Stage.SEALED),
        ("Committing", Stage.SEALED),
        ("Idle", Stage.COMMITTED),
    ]
    assert status(driven, second) == FoundStatus(
        0, Stage.COMMITTED, Epoch(1), Fingerprint(Epoch(1), 1, 1), index=1
    )


def stages(driven: Driven) -> Iterator[None]:
    """Lead a machine through an epoch, with a stop wherever it waits for something."""
    driven.hold = Run
    driven.open()
    yield
    release(driven)
    yield
    driven.seal()
    yield
    driven.hold = Persist
    release(driven)
    yield
    release(driven)
    yield
    driven.commit(summary_of(driven.said[-1]).block_hash)
    yield
    release(driven)
    yield


def commit(driven: Driven, epoch: int) -> None:
    driven.open(epoch)
    (sealed,) = driven.seal(epoch)
    driven.commit(summary_of(sealed).block_hash, epoch)


@pytest.mark.parametrize("at", range(1, 6))
def test_an_abort_makes_it_admitted_again(at: int) -> None:
    driven = joined()
    (sent,) = take(driven, payment(ALICE))
    way = stages(driven)
    for _ in range(at):
        next(way)
    driven.abort()
    assert seen(driven, sent) == (Stage.ADMITTED, None)


def test_a_committed_transaction_is_so_after_a_restart() -> None:
    driven = joined()
    first, second = take(driven, payment(ALICE), payment(CAROL))
    commit(driven, 1)
    again = Driven(driven.store, GENESIS)
    for n, each in enumerate((first, second)):
        assert seen(again, each) == (Stage.COMMITTED, (1, 1, n))


def test_a_repeated_transaction_is_refused_and_the_status_is_the_first_ones() -> None:
    driven = joined()
    (sent,) = take(driven, payment(ALICE))
    before = status(driven, sent)
    with pytest.raises(Rejected, match="already known"):
        take(driven, payment(ALICE))
    assert status(driven, sent) == before


# --- places


def test_the_number_of_what_is_ordered_is_its_place_in_the_block_if_all_are_included() -> None:
    for shuffle in ("none", "seeded"):
        driven = Driven(genesis=replace(GENESIS, shuffle=shuffle))
        driven.welcome()
        hashes = take(
            driven,
            payment(ALICE, 0),
            payment(ALICE, 1, tip=9 * GWEI),
            payment(CAROL, 0, tip=5 * GWEI),
            payment(CAROL, 1),
        )
        driven.hold = Run
        driven.open()
        ordered = [seen(driven, each) for each in hashes]
        assert {stage for stage, _ in ordered} == {Stage.ORDERED}
        release(driven)
        executed = [seen(driven, each) for each in hashes]
        assert {stage for stage, _ in executed} == {Stage.EXECUTED}
        assert [place for _, place in executed] == [place for _, place in ordered]


def test_what_came_in_after_the_round_had_begun_is_not_in_its_order() -> None:
    driven = joined()
    take(driven, payment(ALICE))
    driven.hold = Run
    driven.open()
    (late,) = take(driven, payment(CAROL))
    assert status(driven, late) == FoundStatus(0, Stage.ADMITTED, Epoch(1))


def test_a_transfer_that_leaves_is_ordered_by_the_plan_and_executed_when_it_is_taken() -> None:
    driven = joined()
    first, here, behind = take(driven, leaving(ALICE), payment(CAROL), leaving(ALICE, nonce=1))
    driven.open()
    assert seen(driven, first) == (Stage.ADMITTED, None)
    assert seen(driven, here) == (Stage.EXECUTED, (1, 1, 0))
    driven.open_lane(3)
    assert seen(driven, first) == (Stage.ORDERED, (1, 3, 0))
    assert seen(driven, behind) == (Stage.ORDERED, (1, 3, 1))
    hear(driven, TAKEN, lane=3)
    found = status(driven, behind)
    fingerprint = Fingerprint(Epoch(1), 3, 1)
    assert found == FoundStatus(0, Stage.EXECUTED, Epoch(1), fingerprint, index=2)
    assert seen(driven, here) == (Stage.EXECUTED, (1, 1, 0))


def test_a_transfer_that_is_refused_leaves_its_place_to_the_next() -> None:
    driven = joined()
    first, other = take(driven, leaving(ALICE), leaving(CAROL))
    driven.open()
    driven.open_lane(3)
    hear(driven, lanes.CreditsAnswer(1, (lanes.Refusal(0, 0x33),)), lane=3)
    assert seen(driven, first) == (Stage.ADMITTED, None)
    assert seen(driven, other) == (Stage.ORDERED, (1, 3, 0))


def execute(position: int, ticket: int) -> tuple[lanes.Execute, Hash32]:
    """Shard 1 asks for the execution of a call of Eve's, whose participants have come to `position`."""
    to = ledger_of(HERE)
    transaction = EVE.sign(0, to, gas_limit=50_000)
    message = lanes.Execute(
        ticket, 1, position, transaction.raw, EVE.recipient, home_key(to), MONEY, ()
    )
    return message, transaction.hash


def test_a_call_is_executed_where_its_ticket_brings_it_at_the_position_that_was_agreed() -> None:
    driven = joined()
    (here,) = take(driven, payment(ALICE))
    driven.open()
    driven.open_lane(2)
    message, called = execute(position=6, ticket=3)
    assert status(driven, called) is None
    hear(driven, message)
    fingerprint = Fingerprint(Epoch(1), 2, 7)
    found = status(driven, called)
    assert found == FoundStatus(0, Stage.EXECUTED, Epoch(1), fingerprint, index=1)
    assert seen(driven, here) == (Stage.EXECUTED, (1, 1, 0))
    driven.open_lane(3)
    (sealed,) = driven.seal()
    assert seen(driven, called) == (Stage.SEALED, fingerprint)
    driven.commit(summary_of(sealed).block_hash)
    assert seen(driven, called) == (Stage.COMMITTED, fingerprint)


def test_its_senders_shard_knows_a_call_only_as_admitted() -> None:
    driven = joined()
    call = ALICE.sign(0, BOB, 5, gas_limit=50_000)
    (sent,) = take(driven, Candidate(call, home_key(BOB), runs_code=True))
    driven.open()
    driven.open_lane(2)
    assert seen(driven, sent) == (Stage.ADMITTED, None)


def test_what_a_running_step_writes_is_not_looked_at() -> None:
    driven = joined()
    driven.open()
    driven.open_lane(2)
    driven.hold = Run
    message, called = execute(position=0, ticket=3)
    hear(driven, message)
    (step,) = driven.held
    result = step.job(lambda: False)
    assert status(driven, called) is None
    driven.give(JobDone(step.job_id, result))
    assert seen(driven, called) == (Stage.EXECUTED, (1, 2, 1))


# --- several shards


def test_what_several_shards_know_is_the_furthest_of_it() -> None:
    waiting = FoundStatus(0, Stage.ADMITTED, Epoch(4))
    executed = FoundStatus(1, Stage.EXECUTED, Epoch(4), Fingerprint(Epoch(4), 2, 9))
    assert furthest([waiting, None, executed]) == executed
    assert furthest([executed, waiting]) == executed
    assert furthest([None, None]) is None


# --- acknowledgements


def test_an_acknowledgement_names_the_next_epoch_and_when_it_began() -> None:
    driven = joined()
    hashes = tuple(take(driven, payment(ALICE), payment(CAROL)))
    ack = acknowledge(driven.machine, hashes)
    assert ack == TransactionAck(hashes, Epoch(1), 0, 0, Stage.ADMITTED)
    driven.now_ms = 7_900
    commit(driven, 1)
    (later,) = take(driven, payment(ALICE, nonce=1))
    ack = acknowledge(driven.machine, (later,))
    assert ack == TransactionAck((later,), Epoch(2), 7, 0, Stage.ADMITTED)
    found = status(driven, later)
    assert found is not None
    assert found.epoch == ack.epoch
