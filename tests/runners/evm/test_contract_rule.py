"""A call to code of another shard key is a call to 600080fd, whatever that code is."""

from __future__ import annotations

from itertools import count

import pytest

from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.runners.outcome import Done
from quarkparsec.state.account import DELEGATION_PREFIX
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Recipient, ShardKey, home_key, shard_of
from tests.runners.assembler import assemble, deploying, push, returning
from tests.runners.scene import ETHER, KEY, OTHER_KEY, SENDER, Scene, recipient

CALLER = recipient(1)
TARGET = recipient(2)
DELEGATE = recipient(3)
FACTORY = recipient(4)

ANSWER = assemble("42 0 MSTORE 32 0 RETURN")
TARGET_CODES = {
    "answers": ANSWER,
    "reverts": FOREIGN_STUB,
    "fails": assemble("INVALID"),
    "stores": assemble("1 0 SSTORE STOP"),
    "stops": assemble("STOP"),
    "loops": assemble("JUMPDEST 0 JUMP"),
}
CALLS = {
    "CALL": "0x20 0 4 0 0 {target} {gas} CALL",
    "CALL with value": "0x20 0 4 0 1 {target} {gas} CALL",
    "CALLCODE": "0x20 0 4 0 0 {target} {gas} CALLCODE",
    "CALLCODE with value": "0x20 0 4 0 1 {target} {gas} CALLCODE",
    "DELEGATECALL": "0x20 0 4 0 {target} {gas} DELEGATECALL",
    "STATICCALL": "0x20 0 4 0 {target} {gas} STATICCALL",
}
LOOKS = {
    "EXTCODESIZE": "{target} EXTCODESIZE",
    "EXTCODEHASH": "{target} EXTCODEHASH",
    "EXTCODECOPY": "32 0 0 {target} EXTCODECOPY 0 MLOAD",
}


def caller_code(program: str, gas: int = 50_000) -> bytes:
    """Do it twice (cold, then warm); return both results, the gas left and the size returned."""
    call = program.format(target=hex(int.from_bytes(TARGET, "big")), gas=gas)
    return assemble(f"{call} {call} GAS RETURNDATASIZE {returning(4)}")


def run(program: bytes, target: bytes, target_key: ShardKey, universal: bool = False) -> Done:
    scene = Scene(shard_count=2, universal=frozenset({TARGET} if universal else ()))
    scene.contract(CALLER, program, balance=100)
    scene.contract(TARGET, target, shard_key=target_key)
    return scene.execute(CALLER)


@pytest.mark.parametrize("gas", [0, 2, 8, 50_000, 10_000_000])
@pytest.mark.parametrize("code", TARGET_CODES.values(), ids=TARGET_CODES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_to_a_foreign_contract_is_a_call_to_the_stub(
    call: str, code: bytes, gas: int
) -> None:
    program = caller_code(call, gas)
    assert run(program, code, OTHER_KEY) == run(program, FOREIGN_STUB, KEY)


@pytest.mark.parametrize("code", TARGET_CODES.values(), ids=TARGET_CODES)
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_at_a_foreign_contracts_code_sees_the_stub(look: str, code: bytes) -> None:
    program = caller_code(look)
    assert run(program, code, OTHER_KEY) == run(program, FOREIGN_STUB, KEY)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_to_a_contract_of_the_same_key_runs_it(call: str) -> None:
    assert run(caller_code(call), ANSWER, KEY) != run(caller_code(call), FOREIGN_STUB, KEY)


@pytest.mark.parametrize("program", (CALLS | LOOKS).values(), ids=CALLS | LOOKS)
def test_a_universal_contract_is_seen_from_every_key(program: str) -> None:
    seen = run(caller_code(program), ANSWER, OTHER_KEY, universal=True)
    assert seen == run(caller_code(program), ANSWER, KEY)


def test_a_call_to_a_foreign_contract_moves_no_value() -> None:
    scene = Scene(shard_count=2)
    scene.contract(CALLER, caller_code(CALLS["CALL with value"]), balance=100)
    scene.contract(TARGET, ANSWER, shard_key=OTHER_KEY)
    scene.execute(CALLER)
    assert (scene.entry(CALLER).balance, scene.entry(TARGET).balance) == (100, 0)


def test_a_transaction_to_a_foreign_contract_reverts() -> None:
    scene = Scene(shard_count=2)
    scene.contract(TARGET, ANSWER, shard_key=OTHER_KEY)
    done = scene.execute(TARGET, key=KEY, value=5)
    assert (done.status, done.error, done.output) == (0, "execution reverted", b"")
    assert scene.execute(TARGET, key=OTHER_KEY).status == 1


def test_value_for_a_user_of_another_key_is_always_allowed() -> None:
    scene = Scene(shard_count=2)
    scene.contract(CALLER, caller_code(CALLS["CALL with value"]), balance=100)
    scene.state.put(TARGET, 1, shard_key=OTHER_KEY)
    scene.execute(CALLER)
    assert (scene.entry(CALLER).balance, scene.entry(TARGET).balance) == (98, 3)


@pytest.mark.parametrize("account_key", [KEY, OTHER_KEY])
@pytest.mark.parametrize("delegate_key", [KEY, OTHER_KEY])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_delegation_holds_to_the_rule_on_both_ends(
    call: str, account_key: ShardKey, delegate_key: ShardKey
) -> None:
    def run_delegated(delegate_code: bytes, account: ShardKey, delegate: ShardKey) -> Done:
        scene = Scene(shard_count=2)
        scene.contract(CALLER, caller_code(call), balance=100)
        scene.contract(TARGET, DELEGATION_PREFIX + DELEGATE, shard_key=account)
        scene.contract(DELEGATE, delegate_code, shard_key=delegate)
        return scene.execute(CALLER)

    done = run_delegated(ANSWER, account_key, delegate_key)
    if account_key != KEY:
        assert done == run(caller_code(call), b"", OTHER_KEY)
    elif delegate_key != KEY:
        assert done == run_delegated(FOREIGN_STUB, KEY, KEY)
    else:
        assert done.output[-1] == 1


def test_selfdestruct_in_favour_of_a_foreign_contract_reverts() -> None:
    scene = Scene(shard_count=2)
    beneficiary = hex(int.from_bytes(TARGET, "big"))
    scene.contract(CALLER, assemble(f"{beneficiary} SELFDESTRUCT"), balance=100)
    scene.contract(TARGET, ANSWER, shard_key=OTHER_KEY)
    assert scene.execute(CALLER).error == "execution reverted"
    assert (scene.entry(CALLER).balance, scene.entry(TARGET).balance) == (100, 0)


def is_at_home(contract: Recipient) -> bool:
    """Whether a contract's home is the scene's shard, which alone can make it then."""
    return shard_of(home_key(contract), 2) == 0


def salt_at_home(initcode: bytes) -> int:
    return next(salt for salt in count(9) if is_at_home(create2_address(FACTORY, salt, initcode)))


def creating() -> Scene:
    """A scene in which the sender's next contract is at home."""
    scene = Scene(shard_count=2)
    nonce = next(nonce for nonce in count() if is_at_home(create_address(SENDER, nonce)))
    scene.state.put(SENDER, ETHER, nonce=nonce)
    return scene


@pytest.mark.parametrize("opcode", ["CREATE", "CREATE2"])
@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_a_contract_gets_the_key_of_its_creator(opcode: str, key: ShardKey) -> None:
    scene = Scene(shard_count=2)
    initcode = deploying(ANSWER)
    salt = str(salt_at_home(initcode)) if opcode == "CREATE2" else ""
    store = push(int.from_bytes(initcode, "big")) + assemble("0 MSTORE")
    create = assemble(f"{salt} {len(initcode)} {32 - len(initcode)} 0 {opcode} {returning(1)}")
    scene.contract(FACTORY, store + create, shard_key=key)
    created = Recipient(scene.execute(FACTORY, key=key).output[12:])
    assert scene.entry(created).shard_key == key
    assert scene.journal.code(created) == ANSWER


def test_a_creation_transactions_contract_gets_the_frames_key() -> None:
    scene = creating()
    done = scene.execute(None, key=OTHER_KEY, data=deploying(ANSWER))
    assert done.contract is not None
    assert scene.entry(done.contract).shard_key == OTHER_KEY


def test_nobody_captures_a_contracts_key_by_paying_it_first() -> None:
    victim = creating().execute(None, data=deploying(ANSWER)).contract
    assert victim is not None
    scene = creating()
    scene.state.put(victim, 1, shard_key=OTHER_KEY)
    assert scene.execute(None, data=deploying(ANSWER)).contract == victim
    assert scene.entry(victim).shard_key == KEY


def test_nobody_captures_a_users_key_by_paying_it_first() -> None:
    at_home, elsewhere = recipient(7, home=4), recipient(8, home=3)
    scene = Scene(shard_count=2)
    scene.execute(at_home, key=OTHER_KEY, value=1)
    scene.execute(elsewhere, key=OTHER_KEY, value=1)
    assert scene.entry(at_home).shard_key == 4
    assert scene.entry(elsewhere).shard_key == 3


def test_a_failed_creation_leaves_the_entrys_key_alone() -> None:
    victim = creating().execute(None, data=deploying(ANSWER)).contract
    assert victim is not None
    scene = creating()
    scene.state.put(victim, 1, shard_key=OTHER_KEY)
    assert scene.execute(None, data=assemble("INVALID")).status == 0
    assert scene.entry(victim).shard_key == OTHER_KEY


def test_a_universal_contracts_creations_get_the_callers_key() -> None:
    scene = Scene(shard_count=2, universal=frozenset({FACTORY}))
    scene.contract(FACTORY, assemble(f"0 0 0 CREATE {returning(1)}"), shard_key=KEY)
    created = Recipient(scene.execute(FACTORY, key=OTHER_KEY).output[12:])
    assert scene.entry(created).shard_key == OTHER_KEY
