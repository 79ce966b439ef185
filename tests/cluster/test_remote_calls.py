"""A call runs where its target is, as the sender would be there; a revert says which contract wasn't seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cluster import remote_calls as remote_calls_module
from cluster.remote_calls import NOBODY, RemoteCalls
from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Rejected
from quarkparsec.jsonrpc.node import (
    CallRequest,
    ContractElsewhere,
    ExecutionFailed,
    ExecutionReverted,
)
from quarkparsec.types import Epoch, Gas, Recipient, ShardKey, Wei, home_key
from tests.attacks.forging import GWEI
from tests.cluster.one_loop import (
    ALICE,
    CAROL,
    PLACED,
    PLACED_KEY,
    contract,
    make_identity,
    running,
)
from tests.runners.assembler import assemble, returning

Answer = TypeVar("Answer")

GENESIS, ETHER = Epoch(0), 10**18
ALICE_AT, CAROL_AT = recipient_of(ALICE), recipient_of(CAROL)
"""On shards 2 and 0."""
RICH = Wei(10_000 * ETHER)
CALLER = Recipient(b"\x88" * 20)
THERE = hex(int.from_bytes(PLACED, "big"))
NEAR_KEY, FAR_KEY = ShardKey(PLACED_KEY ^ 4), ShardKey(PLACED_KEY ^ 1)
"""Another key of the same shard of four, and one of another shard."""

ASKS_FOR_MONEY = assemble(f"SELFBALANCE CALLVALUE CALLER BALANCE {returning(3)}")


def request(sender: Recipient, to: Recipient | None = PLACED, **fields: Any) -> CallRequest:
    plain = CallRequest(sender, to, Gas(1_000_000), Wei(0), Wei(0), Wei(0), b"", (), ())
    return plain._replace(**fields)


def play(
    folder: Path,
    alloc: Mapping[Recipient, dict[str, str]],
    scene: Callable[[RemoteCalls], Awaitable[Answer]],
    **chain: str,
) -> Answer:
    """Play a scene at a gateway of a fresh cluster."""

    async def on_stage() -> Answer:
        async with running(make_identity(folder, alloc, **chain)) as (router, _):
            return await scene(RemoteCalls(router))

    return asyncio.run(on_stage())


def words(output: bytes) -> list[int]:
    return [int.from_bytes(output[at : at + 32], "big") for at in range(0, len(output), 32)]


def test_a_sender_spends_its_home_money_wherever_that_is_and_shows_it_under_its_own_key_only(
    tmp_path: Path,
) -> None:
    """Alice's home is the contract's shard and Carol's isn't: that makes no difference, only the key does."""
    of_the_key = Recipient(b"\x77" * 16 + PLACED_KEY.to_bytes(4, "big"))

    async def scene(calls: RemoteCalls) -> None:
        for sender, shown in ((ALICE_AT, 0), (CAROL_AT, 0), (of_the_key, RICH - 5)):
            output = await calls.call(request(sender, value=Wei(5)), GENESIS)
            assert words(output) == [shown, 5, 5]
            with pytest.raises(Rejected, match="insufficient funds"):
                await calls.call(request(sender, value=Wei(RICH + 1)), GENESIS)
        for sender in (NOBODY, Recipient(b"\x55" * 20)):
            assert words(await calls.call(request(sender), GENESIS)) == [0, 0, 0]
            with pytest.raises(Rejected, match="insufficient funds"):
                await calls.call(request(sender, value=Wei(1)), GENESIS)

    alloc = {PLACED: contract(ASKS_FOR_MONEY), of_the_key: {"balance": hex(RICH)}}
    play(tmp_path, alloc, scene)


def test_estimates_cross_shards_too(tmp_path: Path) -> None:
    async def scene(calls: RemoteCalls) -> None:
        fees: dict[str, Any] = {"max_fee_per_gas": Wei(2 * GWEI), "value": Wei(ETHER)}
        for sender, to in ((ALICE_AT, CAROL_AT), (CAROL_AT, ALICE_AT)):
            assert await calls.estimate_gas(request(sender, to, **fees), GENESIS) == 21_000
        near, far = [
            await calls.estimate_gas(request(sender, **fees), GENESIS)
            for sender in (ALICE_AT, CAROL_AT)
        ]
        assert near == far > 21_000
        too_much = fees | {"value": Wei(RICH + 1)}
        with pytest.raises(Rejected, match="insufficient funds"):
            await calls.estimate_gas(request(CAROL_AT, **too_much), GENESIS)

    play(tmp_path, {PLACED: contract(ASKS_FOR_MONEY)}, scene)


@pytest.mark.parametrize("genesis_time", ["0x6955b900", "0xffffffff"])
def test_an_estimate_has_the_clock_of_a_block_to_come(tmp_path: Path, genesis_time: str) -> None:
    """The contract has noted this second already, and pays only for noting another one."""

    async def scene(calls: RemoteCalls) -> int:
        return await calls.estimate_gas(request(CAROL_AT), GENESIS)

    notes_seconds = contract(assemble("TIMESTAMP 0 SSTORE"))
    placed: Any = {**notes_seconds, "storage": {"0x0": genesis_time}}
    notes_another_second_gas = 2_100 + 2_900
    estimate = play(tmp_path, {PLACED: placed}, scene, timestamp=genesis_time)
    assert estimate > 21_000 + notes_another_second_gas


def test_a_creation_runs_where_it_would_be_sent_with_the_senders_nonce(tmp_path: Path) -> None:
    says_where = assemble(f"{THERE} EXTCODESIZE ADDRESS {returning(2)}")

    async def scene(calls: RemoteCalls) -> list[list[int]]:
        creations = [
            request(CAROL_AT, None, data=says_where, access_list=accessed)
            for accessed in ((), ((PLACED, ()),))
        ]
        assert await calls.estimate_gas(creations[1], GENESIS) > 53_000
        return [words(await calls.call(one, GENESIS)) for one in creations]

    code = b"\x00" * 9
    veteran = {"balance": hex(RICH), "nonce": "0x7"}
    alone, beside = play(tmp_path, {PLACED: contract(code), CAROL_AT: veteran}, scene)
    created = int.from_bytes(create_address(CAROL_AT, 7), "big")
    assert alone == [created, 0]
    assert beside == [created, len(code)]


def test_a_creation_away_from_home_finds_what_waits_there(tmp_path: Path) -> None:
    shows_money = assemble(f"SELFBALANCE {returning(1)}")
    nonce = next(
        nonce for nonce in range(20) if create_address(CAROL_AT, nonce)[-1] & 3 != PLACED_KEY & 3
    )
    created = create_address(CAROL_AT, nonce)

    async def scene(calls: RemoteCalls) -> int:
        creation = request(CAROL_AT, None, data=shows_money, access_list=((PLACED, ()),))
        assert await calls.estimate_gas(creation, GENESIS) > 53_000
        return int.from_bytes(await calls.call(creation, GENESIS), "big")

    carol = {"balance": hex(RICH), "nonce": hex(nonce)}
    alloc = {PLACED: contract(b"\x00"), CAROL_AT: carol}
    assert play(tmp_path / "nothing", alloc, scene) == 0
    assert play(tmp_path / "money", {**alloc, created: {"balance": "0x2a"}}, scene) == 42
    with pytest.raises(ExecutionFailed, match="contract address collision"):
        play(tmp_path / "taken", {**alloc, created: contract(b"\x00", home_key(created))}, scene)


def test_a_factory_runs_until_all_homes_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second child's salt is what the first one found."""
    initcode = assemble("SELFBALANCE 0 MSTORE 32 0 RETURN")
    salt = next(
        salt
        for salt in range(20)
        if create2_address(PLACED, salt, initcode)[-1] & 3 != PLACED_KEY & 3
    )
    create = f"{len(initcode)} 0 0 CREATE2"
    found = "32 0 64 DUP4 EXTCODECOPY 64 MLOAD"
    program = f"0x{initcode.hex():0<64} 0 MSTORE {salt} {create} {found} {create} {returning(1)}"
    first = create2_address(PLACED, salt, initcode)
    alloc = {PLACED: contract(assemble(program)), first: {"balance": "0x2a"}}

    async def scene(calls: RemoteCalls) -> bytes:
        output = await calls.call(request(CAROL_AT), GENESIS)
        monkeypatch.setattr(remote_calls_module, "CALL_ROUNDS_MAX", 1)
        with pytest.raises(Rejected, match="too many contracts"):
            await calls.call(request(CAROL_AT), GENESIS)
        return output

    assert play(tmp_path, alloc, scene)[12:] == create2_address(PLACED, 42, initcode)


def reverted(folder: Path, alloc: Mapping[Recipient, dict[str, str]]) -> ExecutionReverted:
    """How a call of CALLER, as well as its estimate, reverts."""

    async def scene(calls: RemoteCalls) -> ExecutionReverted:
        with pytest.raises(ExecutionReverted) as estimated:
            await calls.estimate_gas(request(ALICE_AT, CALLER), GENESIS)
        with pytest.raises(ExecutionReverted) as called:
            await calls.call(request(ALICE_AT, CALLER), GENESIS)
        assert called.value.elsewhere == estimated.value.elsewhere
        return called.value

    return play(folder, alloc, scene)


@pytest.mark.parametrize("key", [NEAR_KEY, FAR_KEY])
@pytest.mark.parametrize(
    "look",
    [f"0 0 0 0 0 {THERE} GAS CALL POP", f"{THERE} EXTCODESIZE POP"],
    ids=["calls", "asks for code"],
)
def test_a_revert_names_the_contract_that_could_not_be_seen(
    tmp_path: Path, key: ShardKey, look: str
) -> None:
    stranger = f"{0x55:#x} EXTCODESIZE POP"
    caller = contract(assemble(f"{stranger} {look} 0 0 REVERT"), key)
    revert = reverted(tmp_path, {PLACED: contract(b"\x00"), CALLER: caller})
    assert revert.elsewhere == ContractElsewhere(PLACED, PLACED_KEY, key)
    assert revert.data == b""


def test_a_revert_for_other_reasons_names_nobody(tmp_path: Path) -> None:
    for name, look in (("friend", f"{THERE} EXTCODESIZE POP"), ("nobody", "85 EXTCODESIZE POP")):
        caller = contract(assemble(f"{look} 0 0 REVERT"))
        alloc = {PLACED: contract(b"\x00"), CALLER: caller}
        assert reverted(tmp_path / name, alloc).elsewhere is None
