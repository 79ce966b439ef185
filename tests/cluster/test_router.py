"""A router knows where accounts live, and what it can't reach is unavailable."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cluster.router import Router, TargetElsewhere
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.types import Recipient, ShardId, ShardKey, home_key, shard_of
from quarkparsec.wire.queries import Encoded, Nothing, Number, ReadAccount
from quarkparsec.wire.session import Role
from tests.cluster.one_loop import ALICE, BOB, CAROL, make_identity, running, transfer

IDENTITY_PRECOMPILE = Recipient(bytes(19) + b"\x04")
NOBODY = Recipient(b"\x77" * 20)


def test_accounts_live_at_home_and_precompiles_with_their_caller(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path)) as (router, _):
            for recipient in (recipient_of(ALICE), NOBODY):
                home = home_key(recipient)
                assert await router.key_of(recipient, ShardKey(9)) == home
                assert await router.shard_of_recipient(recipient) == shard_of(home, 4)
            assert await router.key_of(IDENTITY_PRECOMPILE, ShardKey(9)) == ShardKey(9)
            known = await router.locate([NOBODY, recipient_of(BOB)])
            assert known == {one: home_key(one) for one in (NOBODY, recipient_of(BOB))}

    asyncio.run(scene())


def test_a_transaction_runs_at_its_senders_shard_or_not_at_all(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path)) as (router, _):
            near, far = map(decode_transaction, (transfer(ALICE, BOB), transfer(ALICE, CAROL)))
            near_key, far_key = await router.keys_of([near, far])
            assert router.common_shard(near.origin_key, near_key) == ShardId(2)
            with pytest.raises(TargetElsewhere, match="shard 0 and the sender on shard 2"):
                router.common_shard(far.origin_key, far_key)

    asyncio.run(scene())


def test_a_slave_answers_with_what_was_asked_for(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path)) as (router, _):
            slave = router.slave_of(ShardId(2))
            question = ReadAccount(2, recipient_of(ALICE), 0)
            assert (await router.ask(slave, question, Encoded)).value
            with pytest.raises(InvalidInput, match="answered with Encoded"):
                await router.ask(slave, question, Number)
            stranger = ReadAccount(2, NOBODY, 0)
            assert await router.ask_optional(slave, stranger, Encoded) is None
            with pytest.raises(Unavailable, match="doesn't have that"):
                await router.ask(slave, stranger, Encoded)
            with pytest.raises(Unavailable, match="doesn't hold shard 1"):
                await router.ask(slave, ReadAccount(1, NOBODY, 0), Encoded)
            with pytest.raises(InvalidInput, match="doesn't answer Nothing"):
                await router.ask(slave, Nothing(), Encoded)

    asyncio.run(scene())


def test_before_anything_is_connected_everything_is_unavailable(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        router = Router(identity, identity.credentials(Role.GATEWAY, "gateway"))
        assert not any(map(router.is_connected, router.slaves))
        with pytest.raises(Unavailable, match="slave-0 can't be reached"):
            await router.ask("slave-0", Nothing(), Nothing)
        with pytest.raises(Unavailable):
            await router.locate([NOBODY])

    asyncio.run(scene())
