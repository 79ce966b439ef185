"""The last participant decides: executed at once, committed on the spot or taken back."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.broker.agent import Outgoing
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Corrupt
from quarkparsec.runners.evm.call_data import CallData
from quarkparsec.runners.evm.precompiles.table import PRAGUE
from quarkparsec.runners.evm.rules import Precompile
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.decider import Decider
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.participant import Participant
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Recipient, ShardId, ShardKey, home_key
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount
from tests.runners.assembler import assemble
from tests.runners.scene import Scene, recipient
from tests.shard.neighbours import PEOPLE, PRICE, SHARD_COUNT, contract_at, home_of, sign
from tests.shard.programs import COUNTER, creating, paying, storing, watching

GUEST = PEOPLE[1][0]
"""At home in shard 1."""
FROM, OTHER_SHARD = ShardId(1), ShardId(2)
HERE = ShardId(0)
COUNTING, PAYING, WATCHING, CREATING = (contract_at(0, number) for number in range(1, 5))
LOCAL = recipient(7)
"""Somebody at home here, whom PAYING pays and WATCHING watches."""
STRANGER = recipient(8, home=3)
GENEROUS = contract_at(0, 5)
POISONOUS = contract_at(0, 6)
IDENTITY = Recipient((4).to_bytes(20, "big"))
EVERYBODY = frozenset(map(ShardId, range(SHARD_COUNT)))
TICKET = 10


class Shard:
    """Shard 0 of 4 in lane 2, with a participant's locks beside its decider."""

    def __init__(self, present: frozenset[ShardId] = EVERYBODY) -> None:
        self.scene = Scene(shard_count=SHARD_COUNT)
        self.scene.state.put(LOCAL, 100)
        for at, code in {
            COUNTING: COUNTER,
            PAYING: paying(LOCAL, 5),
            WATCHING: watching(LOCAL),
            CREATING: creating(storing(1), times=2),
            GENEROUS: paying(STRANGER, 5),
        }.items():
            self.scene.contract(at, code, balance=1_000)
        self.draft = BlockDraft(self.scene.journal, self.scene.block)
        self.participant = Participant(self.draft)
        neighbourhood = Neighbourhood(HERE, SHARD_COUNT, present)
        self.decider = Decider(self.draft, self.participant, neighbourhood)

    def execute(
        self, to: Recipient, ticket: int = TICKET, attempt: int = 1, **fields: Any
    ) -> list[Outgoing]:
        """An order of the guest's agent in shard 1."""
        position = fields.pop("position", 0)
        endowments = fields.pop("endowments", ())
        transaction: Transaction = sign(GUEST, 0, to, **fields)
        money = to_amount(transaction.gas_limit * PRICE + transaction.value)
        sender, key = transaction.sender, home_key(to)
        item = lanes.Execute(
            ticket, attempt, position, transaction.raw, sender, key, money, endowments
        )
        return self.decider.hear(FROM, item)

    def hold(self, ticket: int, key: Recipient, *, prepared: bool) -> None:
        """Another shard's ticket holds a key here."""
        self.participant.lock(OTHER_SHARD, lanes.Lock(ticket, 1, (key,)))
        if prepared:
            self.participant.prepare(OTHER_SHARD, lanes.Prepare(ticket, 1))

    def commit(self, ticket: int, position: int = 3) -> list[Outgoing]:
        item = lanes.Commit(ticket, 1, position, ())
        return self.participant.commit(OTHER_SHARD, item) + self.decider.look_again()

    def rollback(self, ticket: int) -> list[Outgoing]:
        item = lanes.Rollback(ticket, 1)
        return self.participant.rollback(OTHER_SHARD, item) + self.decider.look_again()

    def is_untouched(self) -> bool:
        return self.draft.entries == [] and self.scene.journal.changes() == {}


def position_of(said: list[Outgoing]) -> int:
    ((_, executed),) = said
    assert isinstance(executed, lanes.Executed)
    return executed.position


def test_what_is_in_nobodys_way_is_committed_at_once() -> None:
    shard = Shard()
    ((to, executed),) = shard.execute(COUNTING)
    assert isinstance(executed, lanes.Executed)
    assert (to, executed.position) == (FROM, 1)
    gas_used = shard.draft.receipts[0].gas_used
    assert from_amount(executed.money_back) == (1_000_000 - gas_used) * PRICE
    assert shard.scene.slot(COUNTING, 0) == 1
    assert [leg.ticket for leg in shard.draft.ticket_legs] == [TICKET]


def test_its_position_is_after_all_that_was_committed_in_any_participant() -> None:
    shard = Shard()
    assert position_of(shard.execute(COUNTING, position=7)) == 8
    assert position_of(shard.execute(COUNTING, 11, position=2)) == 9
    shard.hold(12, LOCAL, prepared=True)
    shard.commit(12, position=20)
    assert position_of(shard.execute(COUNTING, 13)) == 21


def test_an_order_that_comes_twice_is_carried_out_once_and_answered_twice() -> None:
    shard = Shard()
    assert shard.execute(COUNTING) == shard.execute(COUNTING)
    assert shard.scene.slot(COUNTING, 0) == 1
    assert len(shard.draft.entries) == 1


@pytest.mark.parametrize("to", [PAYING, WATCHING], ids=["written", "read"])
def test_younger_holders_of_what_it_accesses_are_wounded(to: Recipient) -> None:
    shard = Shard()
    shard.hold(TICKET + 1, LOCAL, prepared=False)
    executed, wounded = shard.execute(to)
    assert isinstance(executed[1], lanes.Executed)
    assert wounded == (OTHER_SHARD, lanes.Wounded(TICKET + 1, 1))


@pytest.mark.parametrize("prepared", [True, False])
@pytest.mark.parametrize("to", [PAYING, WATCHING], ids=["written", "read"])
def test_for_an_older_holder_it_gives_way_whether_that_is_prepared_or_not(
    to: Recipient, prepared: bool
) -> None:
    shard = Shard()
    shard.hold(TICKET - 1, LOCAL, prepared=prepared)
    assert shard.execute(to) == [(FROM, lanes.Retry(TICKET, 1))]
    assert shard.is_untouched()
    shard.rollback(TICKET - 1)
    assert shard.execute(to) == [(FROM, lanes.Retry(TICKET, 1))]
    (executed,) = shard.execute(to, attempt=2)
    assert isinstance(executed[1], lanes.Executed)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_for_a_younger_prepared_holder_it_waits_and_runs_again_when_that_is_decided(
    ending: str,
) -> None:
    shard = Shard()
    shard.hold(TICKET + 1, LOCAL, prepared=True)
    assert shard.execute(PAYING) == []
    assert shard.execute(PAYING) == []
    assert shard.is_untouched()
    _, (to, executed) = getattr(shard, ending)(TICKET + 1)
    assert to == FROM
    assert isinstance(executed, lanes.Executed)
    assert executed.position == (4 if ending == "commit" else 1)
    assert shard.scene.entry(LOCAL).balance == 105
    assert shard.decider.look_again() == []


def test_one_who_waits_is_judged_anew_when_the_holder_changes() -> None:
    shard = Shard()
    shard.hold(TICKET + 1, LOCAL, prepared=True)
    shard.execute(PAYING)
    shard.participant.lock(OTHER_SHARD, lanes.Lock(TICKET - 1, 1, (LOCAL,)))
    said = shard.rollback(TICKET + 1)
    assert said[-1] == (FROM, lanes.Retry(TICKET, 1))
    assert shard.is_untouched()


def test_what_is_locked_but_not_accessed_is_no_hindrance() -> None:
    shard = Shard()
    shard.hold(TICKET - 1, LOCAL, prepared=True)
    ((_, executed),) = shard.execute(COUNTING)
    assert isinstance(executed, lanes.Executed)


def test_entries_of_other_homes_that_are_needed_are_named_and_nothing_stays() -> None:
    shard = Shard()
    contracts = [create_address(CREATING, nonce) for nonce in (1, 2)]
    away = tuple(sorted(each for each in contracts if home_of(each) != HERE))
    assert shard.execute(CREATING) == [(FROM, lanes.NeedKeys(TICKET, 1, away))]
    assert shard.is_untouched()
    endowments = tuple(lanes.Endowment(each, to_amount(3), False) for each in away)
    ((_, executed),) = shard.execute(CREATING, attempt=2, endowments=endowments)
    assert isinstance(executed, lanes.Executed)
    assert {claim.recipient for claim in executed.claims} == set(away)
    assert all(claim.amount == to_amount(3) for claim in executed.claims)


def test_what_the_block_cannot_hold_is_refused_with_a_reason_or_for_later() -> None:
    shard = Shard()
    ((_, invalid),) = shard.execute(COUNTING, gas_limit=20_000)
    assert invalid == lanes.Refused(TICKET, 1, "intrinsic gas too low: have 20000, want 21000")
    ((_, later),) = shard.execute(COUNTING, 11, gas_limit=30_000_001)
    assert later == lanes.Refused(11, 1, "")
    assert shard.is_untouched()


def test_what_would_leave_money_for_an_absent_home_waits_for_another_epoch() -> None:
    shard = Shard(EVERYBODY - {ShardId(3)})
    assert shard.execute(GENEROUS) == [(FROM, lanes.Refused(TICKET, 1, ""))]
    assert shard.is_untouched()
    assert shard.draft.gains == {}
    present = Shard()
    present.execute(GENEROUS)
    assert present.draft.gains == {STRANGER: 5}


def test_a_call_of_a_contract_that_lives_elsewhere_is_sent_there() -> None:
    shard = Shard()
    key = ShardKey(0x32)
    shard.scene.state.put(LOCAL, code=FOREIGN_STUB, shard_key=key)
    assert shard.execute(LOCAL) == [(FROM, lanes.Elsewhere(TICKET, 1, key))]
    assert shard.is_untouched()


def test_an_order_of_an_older_attempt_is_ignored() -> None:
    shard = Shard()
    shard.hold(TICKET - 1, LOCAL, prepared=False)
    shard.execute(PAYING, attempt=2)
    shard.rollback(TICKET - 1)
    assert shard.execute(PAYING, attempt=1) == []
    assert shard.is_untouched()


def test_poison_is_refused_for_good_leaves_nothing_and_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(_: CallData) -> bytes:
        raise ZeroDivisionError("in a precompiled contract")

    monkeypatch.setitem(PRAGUE, IDENTITY, Precompile(lambda _: 15, breaks))
    shard = Shard()
    shard.scene.contract(POISONOUS, assemble("7 0 SSTORE 0 0 0 0 0 4 GAS CALL STOP"))
    ((to, refused),) = shard.execute(POISONOUS)
    assert (to, refused) == (FROM, lanes.Refused(TICKET, 1, "execution failed"))
    assert shard.is_untouched()
    assert position_of(shard.execute(COUNTING, TICKET + 1)) == 1


def test_what_is_wrong_with_the_replica_is_not_the_transactions_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(_: CallData) -> bytes:
        raise Corrupt("the disk lies")

    monkeypatch.setitem(PRAGUE, IDENTITY, Precompile(lambda _: 15, breaks))
    shard = Shard()
    shard.scene.contract(POISONOUS, assemble("0 0 0 0 0 4 GAS CALL STOP"))
    with pytest.raises(Corrupt):
        shard.execute(POISONOUS)
