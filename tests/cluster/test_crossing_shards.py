"""Transactions between shards, in a whole cluster over real sockets: what a wallet would see of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from cluster.cluster_node import ClusterNode
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.fees import effective_gas_price
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import QuarkparsecError
from quarkparsec.jsonrpc.node import Acknowledged, MinedTransaction
from quarkparsec.types import Recipient, Slot
from tests.attacks.forging import typed
from tests.cluster.one_loop import (
    ALICE,
    CAROL,
    KEYS,
    PLACED,
    contract,
    creation,
    make_identity,
    running,
    transfer,
)
from tests.runners.assembler import assemble, deploying

ALICE_AT, CAROL_AT = recipient_of(ALICE), recipient_of(CAROL)
"""On shards 2 and 0."""
KEEPS_SENDER = assemble("CALLER 0 SSTORE 0 0 0 0 1 CALLER GAS CALL STOP")
"""Stores who called, and sends one wei back."""


def play(
    folder: Path,
    alloc: Mapping[Recipient, dict[str, str]],
    scene: Callable[[ClusterNode], Awaitable[None]],
) -> None:
    """Play a scene at a gateway of a fresh cluster."""

    async def on_stage() -> None:
        identity = make_identity(folder, alloc)
        async with running(identity) as (router, admission):
            await scene(ClusterNode(identity, router, admission, "0"))

    asyncio.run(on_stage())


async def mined(node: ClusterNode, *raws: bytes) -> list[MinedTransaction]:
    """Submit, and wait until all are in blocks; nothing may be unknown meanwhile."""
    verdicts = await node.submit(raws)
    async with asyncio.timeout(20):
        return await asyncio.gather(*(_mined(node, each) for each in verdicts))


async def _mined(node: ClusterNode, verdict: Acknowledged | QuarkparsecError) -> MinedTransaction:
    if isinstance(verdict, QuarkparsecError):
        raise verdict
    while True:
        found = await node.find_transaction(verdict.transaction_hash)
        assert found is not None
        if isinstance(found, MinedTransaction):
            return found
        await asyncio.sleep(0.002)


async def balance(node: ClusterNode, recipient: Recipient) -> int:
    account = await node.account(recipient, node.head().number)
    return account.balance if account else 0


async def fee(node: ClusterNode, found: MinedTransaction) -> int:
    (block,) = await node.root_blocks([found.block.epoch])
    transaction = decode_transaction(found.entry.raw, found.entry.sender)
    return found.receipt.gas_used * effective_gas_price(transaction, block.header.base_fee)


def test_a_transfer_is_in_its_senders_shard_and_a_call_in_its_targets(tmp_path: Path) -> None:
    async def scene(node: ClusterNode) -> None:
        before = await balance(node, CAROL_AT)
        (paid,) = await mined(node, transfer(ALICE, CAROL))
        assert (paid.block.shard_id, paid.receipt.status, paid.receipt.gas_used) == (2, 1, 21_000)
        assert await balance(node, CAROL_AT) == before + 1
        (called,) = await mined(node, typed(key=CAROL, to=bytes(PLACED), value=5, gas=100_000))
        assert (called.block.shard_id, called.receipt.status) == (2, 1)
        assert await node.storage(PLACED, [Slot(bytes(32))], node.head().number) == [
            int.from_bytes(CAROL_AT, "big")
        ]
        assert await balance(node, PLACED) == 4
        assert await balance(node, CAROL_AT) == before + 1 - 4 - await fee(node, called)

    play(tmp_path, {PLACED: contract(KEEPS_SENDER)}, scene)


def test_a_creation_beside_a_contract_can_be_called_before_it_is_in_a_block(
    tmp_path: Path,
) -> None:
    created = create_address(CAROL_AT, 0)

    async def scene(node: ClusterNode) -> None:
        made, called = await mined(
            node,
            creation(CAROL, PLACED, data=deploying(KEEPS_SENDER)),
            typed(key=CAROL, to=bytes(created), value=5, gas=100_000, nonce=1),
        )
        assert (made.block.shard_id, made.receipt.status) == (2, 1)
        assert (called.block.shard_id, called.receipt.status) == (2, 1)
        assert await node.code(created, node.head().number) == KEEPS_SENDER
        assert await balance(node, created) == 42 + 1 + 4  # a creation here comes with one wei

    alloc = {PLACED: contract(KEEPS_SENDER), created: {"balance": "0x2a"}}
    play(tmp_path, alloc, scene)


def test_of_many_that_cross_none_is_ever_unknown_and_no_money_is_lost(tmp_path: Path) -> None:
    senders = KEYS[:6]
    raws = [
        typed(key=sender, to=bytes(to), value=7, gas=100_000, nonce=nonce)
        for nonce in range(6)
        for sender, to in zip(senders, (*map(recipient_of, senders[1:]), PLACED), strict=True)
    ]

    async def scene(node: ClusterNode) -> None:
        everybody = [*map(recipient_of, senders), PLACED]
        before = sum([await balance(node, one) for one in everybody])
        found = await mined(node, *raws)
        assert {each.receipt.status for each in found} == {1}
        fees = sum([await fee(node, each) for each in found])
        assert sum([await balance(node, one) for one in everybody]) == before - fees

    play(tmp_path, {PLACED: contract(KEEPS_SENDER)}, scene)
