"""One transaction: who pays what, what stays, what goes."""

from __future__ import annotations

from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Recipient
from tests.runners.assembler import assemble, deploying, returning
from tests.runners.scene import BASE_FEE, ETHER, SENDER, Scene, recipient

CONTRACT = recipient(1)
OTHER = recipient(2)
OTHER_WORD = hex(int.from_bytes(OTHER, "big"))


def scene(program: str, **rest: int) -> Scene:
    made = Scene()
    made.contract(CONTRACT, assemble(program), **rest)
    return made


def test_a_contract_runs_and_its_effects_stay() -> None:
    stage = scene("7 0 SSTORE STOP")
    done = stage.execute(CONTRACT, value=3)
    assert (done.status, done.error) == (1, None)
    assert stage.slot(CONTRACT, 0) == 7
    assert stage.entry(CONTRACT).balance == 3
    assert stage.entry(SENDER).balance == ETHER - 3 - done.gas_used * (BASE_FEE + 1)


def test_a_failed_contract_leaves_nothing_but_the_fee() -> None:
    stage = scene("7 0 SSTORE INVALID")
    done = stage.execute(CONTRACT, value=3, gas_limit=100_000)
    assert (done.status, done.error) == (0, "invalid opcode: INVALID")
    assert done.gas_used == 100_000
    assert stage.slot(CONTRACT, 0) == 0
    assert stage.entry(CONTRACT).balance == 0
    assert stage.entry(SENDER).nonce == 1
    assert stage.entry(SENDER).balance == ETHER - 100_000 * (BASE_FEE + 1)


def test_a_revert_keeps_the_gas_that_is_left_and_its_reason() -> None:
    stage = scene("42 0 MSTORE 32 0 REVERT")
    done = stage.execute(CONTRACT)
    assert (done.error, int.from_bytes(done.output, "big")) == ("execution reverted", 42)
    assert done.gas_used < 22_000


def test_the_tip_is_returned_and_credited_to_nobody() -> None:
    stage = scene("STOP")
    done = stage.execute(CONTRACT, max_priority_fee_per_gas=5)
    assert done.tip == 5 * done.gas_used
    assert not stage.entry(stage.block.coinbase).exists


def test_clearing_slots_refunds_at_most_a_fifth() -> None:
    storage = dict.fromkeys(range(9), 1)
    program = " ".join(f"0 {slot} SSTORE" for slot in range(9))
    stage = scene(f"{program} STOP", storage=storage)  # type: ignore[arg-type]
    spent = 21_000 + 9 * (3 + 3 + 2100 + 2900)
    assert stage.execute(CONTRACT).gas_used == spent - spent // 5


def test_a_creation_deploys_what_its_init_code_returns() -> None:
    stage = Scene()
    code = assemble("1 2 ADD STOP")
    done = stage.execute(None, data=deploying(code), value=9)
    assert done.contract is not None
    assert stage.journal.code(done.contract) == code
    entry = stage.entry(done.contract)
    assert (entry.nonce, entry.balance) == (1, 9)
    assert done.output == code


def test_a_creation_where_something_is_already_fails() -> None:
    wanted = Scene().execute(None, data=deploying(b"\x00")).contract
    assert wanted is not None
    for there in ({"nonce": 1}, {"code": b"\x00"}, {"storage": {1: 1}}):
        stage = Scene()
        stage.state.put(wanted, 1, **there)
        done = stage.execute(None, data=deploying(b"\x00"), gas_limit=100_000)
        assert (done.error, done.gas_used) == ("contract address collision", 100_000)


def test_logs_come_out_in_order_and_those_of_failed_calls_not() -> None:
    call = f"0 0 0 0 0 {OTHER_WORD} 50000 CALL"
    stage = scene(f"1 0 0 LOG1 {call} 2 0 0 LOG1 STOP")
    stage.contract(OTHER, assemble("9 0 0 LOG1 INVALID"))
    topics = [log.topics[0][-1] for log in stage.execute(CONTRACT).logs]
    assert topics == [1, 2]


def test_a_contract_that_destroys_itself_stays_unless_it_is_new() -> None:
    stage = scene(f"{OTHER_WORD} SELFDESTRUCT", balance=5)
    stage.execute(CONTRACT)
    assert stage.entry(CONTRACT).has_code
    assert (stage.entry(CONTRACT).balance, stage.entry(OTHER).balance) == (0, 5)
    created = stage.execute(None, data=assemble(f"{OTHER_WORD} SELFDESTRUCT"), value=7).contract
    assert created is not None
    assert not stage.entry(created).exists
    assert stage.entry(OTHER).balance == 12


def test_what_a_new_contract_destroys_in_its_own_favour_is_burned() -> None:
    stage = Scene()
    stage.execute(None, data=assemble("ADDRESS SELFDESTRUCT"), value=7)
    assert stage.journal.burned == 7


def test_the_block_is_visible() -> None:
    words = "NUMBER TIMESTAMP GASLIMIT COINBASE CHAINID BASEFEE PREVRANDAO BLOBBASEFEE"
    hashes = "4 BLOCKHASH 5 BLOCKHASH"
    stage = scene(f"{words} {hashes} {returning(10)}")
    block = stage.block
    output = stage.execute(CONTRACT).output
    seen = [int.from_bytes(output[at : at + 32], "big") for at in range(0, 320, 32)]
    coinbase = int.from_bytes(block.coinbase, "big")
    seed = int.from_bytes(block.prevrandao, "big")
    expected = [5, block.timestamp, block.gas_limit, coinbase, block.chain_id, BASE_FEE, seed, 1]
    assert seen[::-1] == [*expected, int.from_bytes(keccak(b"4"), "big"), 0]


def test_a_later_transaction_finds_transient_storage_empty_and_slots_cold() -> None:
    stage = scene("0 TLOAD 0 SSTORE 1 0 TSTORE STOP")
    assert stage.execute(CONTRACT).gas_used == stage.execute(CONTRACT).gas_used
    assert stage.slot(CONTRACT, 0) == 0


def test_the_senders_balance_is_less_its_gas_while_it_runs() -> None:
    stage = scene(f"ORIGIN BALANCE {returning(1)}")
    done = stage.execute(CONTRACT, gas_limit=100_000)
    assert int.from_bytes(done.output, "big") == ETHER - 100_000 * (BASE_FEE + 1)


def test_an_empty_account_that_is_called_goes_away() -> None:
    stage = scene(f"0 0 0 0 0 {OTHER_WORD} 50000 CALL STOP")
    stage.state.put(OTHER)
    stage.execute(CONTRACT)
    assert stage.journal.changes()[Recipient(OTHER)].account is None
