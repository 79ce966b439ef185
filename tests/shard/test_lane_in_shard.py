"""Lane 1: what runs on this shard's own state, what is left to later lanes, what waits."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.runners.evm.call_data import CallData
from quarkparsec.runners.evm.precompiles.table import PRAGUE
from quarkparsec.runners.evm.rules import Precompile
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.block_draft import BlockDraft, Deferred, Rerouted
from quarkparsec.shard.labels import labelled
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Gas, Hash32, Recipient, ShardId, ShardKey, Slot, home_key, shard_of
from tests.runners.assembler import assemble, push
from tests.runners.scene import CHAIN_ID, COINBASE, ETHER, SENDER, Scene, recipient
from tests.shard.programs import COUNTER, CREATE2_DEPLOYER, paying, storing

SHARD_COUNT = 4
EVERYBODY = frozenset(map(ShardId, range(SHARD_COUNT)))
HERE = ShardId(0)
OTHER_SENDER = recipient(0x51)
CONTRACT = recipient(0xC0)
DEPLOYER = Recipient(b"\x4e" * 20)
RULES = Rules(chain_id=CHAIN_ID, fork="prague", gas_limit=Gas(30_000_000), coinbase=COINBASE)


class Lane:
    """One shard with two rich senders."""

    def __init__(self, *absent: int, gas_limit: int = 30_000_000) -> None:
        self.scene = Scene(shard_count=SHARD_COUNT, universal=frozenset({DEPLOYER}))
        self.scene.state.put(OTHER_SENDER, ETHER)
        self.scene.contract(CONTRACT, COUNTER, balance=1_000)
        self.scene.contract(DEPLOYER, CREATE2_DEPLOYER)
        context = self.scene.block._replace(gas_limit=Gas(gas_limit))
        self.draft = BlockDraft(self.scene.journal, context)
        self.neighbourhood = Neighbourhood(
            HERE, SHARD_COUNT, EVERYBODY - set(map(ShardId, absent))
        )

    def transaction(self, nonce: int, to: Recipient | None, **fields: Any) -> Transaction:
        """Told apart by its raw bytes."""
        name = repr((nonce, to, fields)).encode()
        return self.scene.transaction(to, **({"nonce": nonce, "raw": name, "hash": name} | fields))

    def candidate(self, nonce: int, to: Recipient | None, **fields: Any) -> Candidate:
        key = fields.pop("key", home_key(to) if to not in (None, DEPLOYER) else 0)
        runs_code = fields.pop("runs_code", to in (CONTRACT, DEPLOYER))
        return Candidate(self.transaction(nonce, to, **fields), ShardKey(key), runs_code)

    def run(self, *candidates: Candidate, time: int = 10**9, seed: Hash32 | None = None) -> None:
        left = iter(range(time))

        def out_of_time() -> bool:
            return next(left, None) is None

        requests = [labelled(each, RULES) for each in candidates]
        run_in_shard(self.draft, requests, self.neighbourhood, out_of_time, seed)

    def included(self) -> list[bytes]:
        return [entry.raw for entry in self.draft.entries]

    def waits(self, *candidates: Candidate) -> bool:
        """Whether nothing has become of any of them."""
        touched = self.included() + [each.transaction_hash for each in self.draft.invalid]
        deferred = [each.candidate for row in self.draft.deferred.values() for each in row]
        return not any(each.transaction.raw in touched or each in deferred for each in candidates)


def test_transactions_run_in_their_order_and_the_receipts_add_up() -> None:
    lane = Lane()
    first, second = lane.candidate(0, CONTRACT), lane.candidate(1, recipient(9), value=3)
    lane.run(first, second)
    assert lane.included() == [first.transaction.raw, second.transaction.raw]
    assert lane.draft.receipts[1].gas_used == 21_000
    assert lane.draft.receipts[1].cumulative_gas_used == lane.draft.gas_used
    assert lane.draft.tips == lane.draft.gas_used
    assert lane.scene.slot(CONTRACT, 0) == 1


def test_what_no_longer_fits_is_passed_over_and_so_is_what_follows_it() -> None:
    lane = Lane(gas_limit=100_000)
    large = lane.candidate(0, CONTRACT, gas_limit=100_001)
    after = lane.candidate(1, CONTRACT, gas_limit=50_000)
    other = lane.candidate(0, CONTRACT, gas_limit=50_000, sender=OTHER_SENDER)
    lane.run(large, after, other)
    assert lane.included() == [other.transaction.raw]
    assert lane.waits(large, after)


def test_an_invalid_transaction_is_named_with_its_reason_and_its_successors_wait() -> None:
    lane = Lane()
    poor, after = lane.candidate(0, recipient(9), value=ETHER), lane.candidate(1, CONTRACT)
    lane.run(poor, after)
    (invalid,) = lane.draft.invalid
    assert invalid.transaction_hash == poor.transaction.hash
    assert invalid.reason.startswith("insufficient funds")
    assert lane.waits(after)


def test_the_lane_ends_when_time_is_up() -> None:
    lane = Lane()
    first, second = lane.candidate(0, CONTRACT), lane.candidate(1, CONTRACT)
    lane.run(first, second, time=1)
    assert lane.included() == [first.transaction.raw]


@pytest.mark.parametrize("fields", [{"value": 5}, {"runs_code": True}, {"data": b"\1"}], ids=str)
def test_what_concerns_another_shard_is_deferred_and_so_is_what_follows_it(
    fields: dict[str, Any],
) -> None:
    lane = Lane()
    away = lane.candidate(0, recipient(9, home=2), **fields)
    after = lane.candidate(1, CONTRACT)
    other = lane.candidate(0, CONTRACT, sender=OTHER_SENDER)
    lane.run(away, other, after)
    assert lane.included() == [other.transaction.raw]
    assert lane.draft.deferred == {SENDER: [Deferred(away), Deferred(after)]}


def test_a_creation_whose_home_is_elsewhere_is_deferred_with_what_it_needs() -> None:
    lane = Lane()
    contract = create_address(SENDER, 0)
    assert shard_of(home_key(contract), SHARD_COUNT) != HERE
    create = lane.candidate(0, None, data=storing(1))
    lane.run(create)
    assert lane.draft.deferred == {SENDER: [Deferred(create, (contract,))]}


def deploying(lane: Lane, home: int, initcode: bytes = storing(1)) -> tuple[Candidate, Recipient]:
    """A call of the universal deployer, and the contract that it makes, at home in shard `home`."""
    salt = 0
    while shard_of(home_key(create2_address(DEPLOYER, salt, initcode)), SHARD_COUNT) != home:
        salt += 1
    deploy = lane.candidate(0, DEPLOYER, data=salt.to_bytes(32, "big") + initcode)
    return deploy, create2_address(DEPLOYER, salt, initcode)


def test_what_turns_out_to_need_a_home_is_taken_back_and_deferred() -> None:
    lane = Lane()
    deploy, contract = deploying(lane, home=2)
    lane.run(deploy, lane.candidate(1, CONTRACT))
    deferred, after = lane.draft.deferred[SENDER]
    assert deferred == Deferred(deploy, (contract,))
    assert after.candidate.transaction.nonce == 1
    assert lane.scene.journal.changes() == {}
    assert lane.included() == []


def test_a_creation_at_home_happens_at_once() -> None:
    lane = Lane()
    deploy, contract = deploying(lane, home=0)
    lane.run(deploy)
    assert lane.included() == [deploy.transaction.raw]
    assert lane.scene.slot(contract, 0) == 1


def test_what_needs_an_absent_shard_waits_and_so_does_what_follows_it() -> None:
    lane = Lane(2)
    away = lane.candidate(0, recipient(9, home=2), value=5)
    after = lane.candidate(1, CONTRACT)
    lane.run(away, after)
    assert lane.waits(away, after)
    assert lane.included() == []


def test_what_turns_out_to_need_an_absent_home_waits() -> None:
    lane = Lane(2)
    deploy, _ = deploying(lane, home=2)
    after = lane.candidate(1, CONTRACT)
    lane.run(deploy, after)
    assert lane.waits(deploy, after)
    assert lane.scene.journal.changes() == {}


def test_behind_something_deferred_what_needs_an_absent_shard_ends_the_row() -> None:
    lane = Lane(2)
    away = lane.candidate(0, recipient(9, home=1), value=5)
    absent = lane.candidate(1, recipient(9, home=2), value=5)
    after = lane.candidate(2, CONTRACT)
    lane.run(away, absent, after)
    assert lane.draft.deferred == {SENDER: [Deferred(away)]}
    assert lane.waits(absent, after)


def test_what_user_accounts_gain_whose_home_is_elsewhere_is_counted() -> None:
    lane = Lane()
    stranger = recipient(9, home=1)
    lane.scene.contract(CONTRACT, paying(stranger, 7), balance=1_000)
    lane.run(lane.candidate(0, CONTRACT), lane.candidate(1, CONTRACT))
    assert lane.draft.gains == {stranger: 14}
    assert lane.scene.entry(stranger).balance == 14


def test_what_would_leave_money_for_an_absent_home_is_taken_back_and_waits() -> None:
    lane = Lane(1)
    lane.scene.contract(CONTRACT, paying(recipient(9, home=1), 7), balance=1_000)
    pay, after = lane.candidate(0, CONTRACT), lane.candidate(1, recipient(9))
    other = lane.candidate(0, recipient(9), value=1, sender=OTHER_SENDER)
    lane.run(pay, after, other)
    assert lane.waits(pay, after)
    assert lane.included() == [other.transaction.raw]
    assert lane.draft.gains == {}
    assert lane.scene.entry(CONTRACT).balance == 1_000
    assert lane.scene.entry(SENDER).nonce == 0


def test_a_call_follows_its_contract_to_the_key_under_which_it_lives() -> None:
    lane = Lane()
    moved = Recipient(b"\xdd" * 16 + ShardKey(2).to_bytes(4, "big"))
    lane.scene.contract(moved, COUNTER, shard_key=ShardKey(SHARD_COUNT))
    call = lane.candidate(0, moved, key=0)
    lane.run(call)
    assert [entry.to_key for entry in lane.draft.entries] == [SHARD_COUNT]
    assert lane.scene.slot(moved, 0) == 1
    assert lane.draft.rerouted == [Rerouted(call.transaction.hash, ShardKey(SHARD_COUNT))]


def test_a_call_of_what_has_left_a_stub_here_is_deferred_to_where_the_contract_is() -> None:
    lane = Lane()
    gone = recipient(0xD0)
    lane.scene.contract(gone, FOREIGN_STUB, shard_key=ShardKey(2))
    call = lane.candidate(0, gone)
    lane.run(call)
    there = Candidate(call.transaction, ShardKey(2), runs_code=True)
    assert lane.draft.deferred == {SENDER: [Deferred(there)]}
    assert lane.draft.rerouted == [Rerouted(call.transaction.hash, ShardKey(2))]


def test_who_signs_for_a_key_means_it_and_meets_the_stub() -> None:
    lane = Lane()
    gone = recipient(0xD0)
    lane.scene.contract(gone, FOREIGN_STUB, shard_key=ShardKey(2))
    call = lane.candidate(0, gone, key=0, to_key=ShardKey(0))
    lane.run(call)
    assert [receipt.status for receipt in lane.draft.receipts] == [0]
    assert lane.draft.rerouted == []


# --- labels

COUNTING = assemble("0 SLOAD SLOAD 1 ADD 0 SLOAD SSTORE STOP")
MOVING = assemble("JUMPDEST 0 CALLDATALOAD 0 SSTORE STOP")
POINTING_CODE = assemble(f"CALLDATASIZE {len(COUNTING) + 4} JUMPI") + COUNTING + MOVING
"""Without data it counts in the slot that slot 0 names; with data it writes that into slot 0."""

RETURNS_COUNTER = push(int.from_bytes(COUNTER, "big")) + assemble(
    f"0 MSTORE {len(COUNTER)} {32 - len(COUNTER)} RETURN"
)


def slot(number: int) -> Slot:
    return Slot(number.to_bytes(32, "big"))


def listed(lane: Lane, nonce: int, *slots: int, **fields: Any) -> Candidate:
    """A call of CONTRACT whose access list names some of its slots."""
    access_list = ((CONTRACT, tuple(map(slot, slots))),)
    return lane.candidate(nonce, CONTRACT, access_list=access_list, runs_code=True, **fields)


def test_what_keeps_to_its_access_list_has_one_turn() -> None:
    lane = Lane()
    calls = [listed(lane, nonce, 0) for nonce in range(3)]
    lane.run(*calls)
    assert lane.included() == [call.transaction.raw for call in calls]
    assert lane.scene.slot(CONTRACT, 0) == 3


def test_r16_who_touches_a_slot_that_its_list_leaves_out_gets_another_turn_behind_the_others() -> (
    None
):
    lane = Lane()
    misses, after = listed(lane, 0), lane.candidate(1, recipient(9), value=1)
    other = lane.candidate(0, recipient(9), value=2, sender=OTHER_SENDER)
    lane.run(misses, after, other)
    assert lane.included() == [each.transaction.raw for each in (other, misses, after)]
    assert lane.scene.slot(CONTRACT, 0) == 1
    assert [receipt.status for receipt in lane.draft.receipts] == [1, 1, 1]


def test_r16_a_slot_that_depends_on_state_may_change_between_the_list_and_the_turn() -> None:
    lane = Lane()
    lane.scene.contract(CONTRACT, POINTING_CODE)
    moves = lane.candidate(0, CONTRACT, data=slot(5), sender=OTHER_SENDER, runs_code=True)
    counts = listed(lane, 0, 0)  # slot 0 names slot 0, when the list is made
    lane.run(moves, counts)
    assert lane.included() == [moves.transaction.raw, counts.transaction.raw]
    assert lane.scene.slot(CONTRACT, 0) == 5
    assert lane.scene.slot(CONTRACT, 5) == 1


def test_r16_who_misses_twice_gets_the_whole_shard() -> None:
    lane = Lane()
    lane.scene.contract(CONTRACT, POINTING_CODE)
    counts = listed(lane, 0, 0)
    moves = [
        lane.candidate(nonce, CONTRACT, data=slot(5 + nonce), sender=OTHER_SENDER, runs_code=True)
        for nonce in range(3)
    ]
    lane.run(moves[0], counts, *moves[1:])
    assert len(lane.included()) == 4
    assert lane.included()[-1] == counts.transaction.raw
    assert lane.scene.slot(CONTRACT, 7) == 1


def test_money_to_what_becomes_a_contract_before_its_turn_runs_its_code() -> None:
    lane = Lane()
    deploy, contract = deploying(lane, home=0, initcode=RETURNS_COUNTER)
    pays = lane.candidate(0, contract, value=5, sender=OTHER_SENDER)
    lane.run(deploy, pays)
    assert lane.included() == [deploy.transaction.raw, pays.transaction.raw]
    assert lane.scene.slot(contract, 0) == 1
    assert lane.scene.entry(contract).balance == 5


def test_money_to_what_nobody_knew_to_be_a_contract_gets_another_turn_behind_the_others() -> None:
    lane = Lane()
    unknown = lane.candidate(0, CONTRACT, value=5, runs_code=False)
    other = lane.candidate(0, recipient(9), value=2, sender=OTHER_SENDER)
    lane.run(unknown, other)
    assert lane.included() == [other.transaction.raw, unknown.transaction.raw]
    assert lane.scene.slot(CONTRACT, 0) == 1


# --- poison


def test_an_endless_loop_ends_by_its_gas_and_the_others_have_their_turns() -> None:
    lane = Lane()
    lane.scene.contract(CONTRACT, assemble("JUMPDEST 0 JUMP"))
    endless = lane.candidate(0, CONTRACT, runs_code=True)
    other = lane.candidate(0, recipient(9), value=2, sender=OTHER_SENDER)
    lane.run(endless, other)
    assert [receipt.status for receipt in lane.draft.receipts] == [0, 1]
    assert lane.included() == [endless.transaction.raw, other.transaction.raw]


def test_poison_leaves_nothing_and_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: CallData) -> bytes:
        raise ZeroDivisionError("in a precompiled contract")

    identity = Recipient((4).to_bytes(20, "big"))
    monkeypatch.setitem(PRAGUE, identity, Precompile(lambda _: 15, breaks))
    lane = Lane()
    write_then_call = "7 0 SSTORE 0 0 0 0 5 4 GAS CALL STOP"
    lane.scene.contract(CONTRACT, assemble(write_then_call), balance=100)
    poison, after = lane.candidate(0, CONTRACT, runs_code=True), lane.candidate(1, recipient(9))
    other = lane.candidate(0, recipient(9), value=2, sender=OTHER_SENDER)
    lane.run(poison, after, other)
    assert lane.included() == [other.transaction.raw]
    (refused,) = lane.draft.invalid
    assert (refused.transaction_hash, refused.reason) == (
        poison.transaction.hash,
        "execution failed",
    )
    assert lane.waits(after)
    assert lane.scene.slot(CONTRACT, 0) == 0
    assert lane.scene.entry(SENDER).nonce == 0
    assert lane.scene.entry(SENDER).balance == ETHER


# --- order


def test_a_seed_shuffles_senders_and_keeps_their_nonces() -> None:
    orders = set()
    for number in range(8):
        lane = Lane()
        mine = [lane.candidate(nonce, recipient(9), value=1) for nonce in range(3)]
        theirs = [
            lane.candidate(nonce, recipient(9), value=2, sender=OTHER_SENDER) for nonce in range(3)
        ]
        lane.run(*mine, *theirs, seed=keccak(bytes([number])))
        included = lane.included()
        for row in (mine, theirs):
            places = [included.index(each.transaction.raw) for each in row]
            assert places == sorted(places)
        orders.add(tuple(included))
    assert len(orders) > 1
