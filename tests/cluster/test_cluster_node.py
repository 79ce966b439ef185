"""What a gateway answers about accounts of chosen keys, from real shards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cluster.cluster_node import ClusterNode
from quarkparsec.chain.authorization import Authorization
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Rejected
from quarkparsec.jsonrpc.node import CallRequest
from quarkparsec.state.account import Account
from quarkparsec.types import Address, Epoch, Gas, Recipient, ShardKey, Slot, Wei, home_key
from tests.cluster.one_loop import ALICE, BOB, make_identity, running

WHO = recipient_of(ALICE)
HOME = home_key(WHO)
AWAY = ShardKey(HOME ^ 4)
"""Another key of the same shard."""
ELSEWHERE = ShardKey(HOME ^ 1)
START = Epoch(0)
MULTICALL = Recipient(bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11"))
PRECOMPILE = Recipient(bytes(19) + b"\x01")


def ask(folder: Path, scene: Callable[[ClusterNode], Awaitable[None]]) -> None:
    """Run a scene with a node over a fresh cluster."""

    async def run() -> None:
        identity = make_identity(folder)
        async with running(identity) as (router, admission):
            await scene(ClusterNode(identity, router, admission, "test"))

    asyncio.run(run())


def request(to: bytes, key: ShardKey | None, value: int = 0) -> CallRequest:
    return CallRequest(
        WHO, Recipient(to), Gas(100_000), Wei(0), Wei(0), Wei(value), b"", (), (), key
    )


def test_an_account_is_read_under_its_key_only(tmp_path: Path) -> None:
    async def scene(node: ClusterNode) -> None:
        at_home = await node.account(WHO, START)
        assert isinstance(at_home, Account)
        assert at_home.balance
        assert await node.account(WHO, START, HOME) == at_home
        assert await node.account(WHO, START, AWAY) == at_home._replace(balance=Wei(0))
        assert await node.account(WHO, START, ELSEWHERE) is None
        assert await node.pending_nonce(WHO, AWAY) == at_home.nonce
        assert await node.address(WHO) == Address(WHO, HOME)
        proof = await node.prove(WHO, [Slot(bytes(32))], HOME)
        assert proof.account == at_home
        with pytest.raises(Rejected, match="nothing to prove under key"):
            await node.prove(WHO, [], AWAY)
        assert (await node.prove(WHO, [], ELSEWHERE)).account is None

    ask(tmp_path, scene)


def test_what_is_in_every_shard_is_seen_under_every_key(tmp_path: Path) -> None:
    async def scene(node: ClusterNode) -> None:
        code = await node.code(MULTICALL, START)
        assert code
        for key in (HOME, AWAY, ELSEWHERE):
            assert await node.code(MULTICALL, START, key) == code
            assert list(await node.storage(MULTICALL, [Slot(bytes(32))], START, key)) == [0]
        assert await node.code(WHO, START, AWAY) == b""
        for recipient in (MULTICALL, PRECOMPILE):
            with pytest.raises(Rejected, match="is in every shard and has no shard key"):
                await node.address(recipient)

    ask(tmp_path, scene)


def test_a_call_spends_the_money_of_its_key(tmp_path: Path) -> None:
    async def scene(node: ClusterNode) -> None:
        stranger = b"\x77" * 16 + ELSEWHERE.to_bytes(4, "big")
        assert await node.call(request(stranger, HOME, 1), START) == b""
        assert await node.estimate_gas(request(stranger, HOME, 1), START) == 21_000
        for run in (node.call, node.estimate_gas):
            with pytest.raises(Rejected, match="have 0 want 1 under key"):
                await run(request(stranger, AWAY, 1), START)
            with pytest.raises(Rejected, match="no account under key"):
                await run(request(recipient_of(BOB), HOME, 1), START)
        assert await node.call(request(stranger, AWAY), START) == b""

    ask(tmp_path, scene)


def test_an_authorization_for_whatever_chain_does_no_harm(tmp_path: Path) -> None:
    async def scene(node: ClusterNode) -> None:
        foreign = Authorization(2**256 - 1, WHO, 0, 0, 1, 1)
        asked = request(WHO, None)._replace(authorizations=(foreign,))
        assert await node.call(asked, START) == b""

    ask(tmp_path, scene)


def test_two_draws_of_entropy_differ(tmp_path: Path) -> None:
    async def scene(node: ClusterNode) -> None:
        assert len({node.entropy() for _ in range(10)}) == 10

    ask(tmp_path, scene)
