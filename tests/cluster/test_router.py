"""A router knows where accounts live, and what it can't reach is unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from cluster import router as router_module
from cluster.router import Arrangement, Router, Target
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Elsewhere, InvalidInput, Unavailable
from quarkparsec.limits import DEPENDENCIES_MAX
from quarkparsec.types import Recipient, ShardId, ShardKey, home_key, shard_of
from quarkparsec.wire.queries import Encoded, Nothing, Number, ReadAccount
from quarkparsec.wire.root_queries import Location
from quarkparsec.wire.session import Role
from tests.attacks.forging import typed
from tests.cluster.one_loop import (
    ALICE,
    BOB,
    CAROL,
    PLACED,
    PLACED_KEY,
    contract,
    creation,
    make_identity,
    running,
    transfer,
)

IDENTITY_PRECOMPILE = Recipient(bytes(19) + b"\x04")
NOBODY = Recipient(b"\x77" * 20)
PLACEMENT = {PLACED: contract(b"\x00")}


def targets(router: Router, *raws: bytes) -> Coroutine[Any, Any, list[Target]]:
    return router.targets_of(list(map(decode_transaction, raws)))


def test_accounts_live_at_home_and_precompiles_with_their_caller(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path)) as (router, _):
            for recipient in (recipient_of(ALICE), NOBODY):
                home = home_key(recipient)
                assert await router.key_of(recipient, ShardKey(9)) == home
                assert router.shard_of_key(home) == shard_of(home, 4)
            assert await router.key_of(IDENTITY_PRECOMPILE, ShardKey(9)) == ShardKey(9)
            known = await router.locate([NOBODY, recipient_of(BOB)])
            for one in (NOBODY, recipient_of(BOB)):
                assert known[one] == Location(home_key(one), is_contract=False)

    asyncio.run(scene())


def test_a_transaction_goes_to_its_senders_shard_with_the_key_of_its_target(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path, PLACEMENT)) as (router, _):
            far, call = transfer(ALICE, CAROL), typed(key=CAROL, to=bytes(PLACED))
            precompiled = typed(key=CAROL, to=bytes(IDENTITY_PRECOMPILE))
            carol_key = home_key(recipient_of(CAROL))
            assert await targets(router, far, call, precompiled) == [
                Target(carol_key, runs_code=False),
                Target(PLACED_KEY, runs_code=True),
                Target(carol_key, runs_code=True),
            ]
            shards = [router.origin_of(decode_transaction(raw)) for raw in (far, call)]
            assert shards == [ShardId(2), ShardId(0)]

    asyncio.run(scene())


@pytest.mark.parametrize("contract_key", ["home", "common"])
def test_a_creation_takes_the_key_of_the_first_contract_that_it_names(
    tmp_path: Path, contract_key: str
) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path, PLACEMENT, contract_key=contract_key)
        async with running(identity) as (router, _):
            ordinary = home_key(recipient_of(ALICE)) if contract_key == "home" else ShardKey(0)
            found = await targets(
                router,
                creation(ALICE, IDENTITY_PRECOMPILE, recipient_of(CAROL), PLACED),
                creation(ALICE, IDENTITY_PRECOMPILE, recipient_of(CAROL)),
                creation(ALICE),
            )
            assert found == [Target(PLACED_KEY, True), *[Target(ordinary, True)] * 2]
            too_many = [NOBODY] * DEPENDENCIES_MAX
            assert await targets(router, creation(ALICE, *too_many, PLACED)) == found[1:2]
            assert await targets(router, creation(ALICE, *too_many[1:], PLACED)) == found[:1]

    asyncio.run(scene())


@pytest.mark.parametrize("contract_key", ["home", "common"])
def test_a_call_of_what_is_in_every_shard_takes_its_key_as_a_creation_does(
    tmp_path: Path, contract_key: str
) -> None:
    def call(*names: Recipient) -> bytes:
        accessed = [[bytes(name), []] for name in names]
        return typed(key=ALICE, to=bytes(IDENTITY_PRECOMPILE), access_list=accessed)

    async def scene() -> None:
        identity = make_identity(tmp_path, PLACEMENT, contract_key=contract_key)
        async with running(identity) as (router, _):
            home = home_key(recipient_of(ALICE))
            ordinary = home if contract_key == "home" else ShardKey(0)
            found = await targets(router, call(recipient_of(CAROL), PLACED), call())
            assert found == [Target(PLACED_KEY, True), Target(ordinary, True)]
            for names, target in (((PLACED, ()),), found[0]), ((), found[1]):
                key = await router.key_of_target(IDENTITY_PRECOMPILE, home, names)
                assert key == target.shard_key

    asyncio.run(scene())


def test_an_admitted_creation_can_be_called_and_named_before_any_block_has_it(
    tmp_path: Path,
) -> None:
    created = create_address(recipient_of(ALICE), 0)
    call, dependent = typed(key=BOB, to=bytes(created)), creation(CAROL, created)
    there = Target(PLACED_KEY, runs_code=True)

    async def scene() -> None:
        async with running(make_identity(tmp_path, PLACEMENT)) as (router, _):
            assert await targets(router, call) == [Target(home_key(created), runs_code=False)]
            made = creation(ALICE, PLACED)
            assert await targets(router, made, call, dependent) == [there] * 3
            router.remember(decode_transaction(made), there)
            assert await targets(router, call, dependent) == [there] * 2
            assert router.likely_slaves(keccak(made)) == ["slave-0"]
            router.remember(decode_transaction(dependent), there)
            assert router.likely_slaves(keccak(dependent)) == ["slave-0"]
            far = transfer(ALICE, BOB)
            router.remember(decode_transaction(far), Target(ShardKey(1), runs_code=False))
            assert router.likely_slaves(keccak(far)) == ["slave-0", "slave-1"]

    asyncio.run(scene())


def test_a_slave_answers_with_what_was_asked_for(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path)) as (router, _):
            slaves = router.slaves
            holder = slaves.holder(ShardId(2))
            question = ReadAccount(2, 4, recipient_of(ALICE), 0)
            assert (await slaves.ask(holder, question, Encoded)).value
            with pytest.raises(InvalidInput, match="answered with Encoded"):
                await slaves.ask(holder, question, Number)
            stranger = ReadAccount(2, 4, NOBODY, 0)
            assert await slaves.ask_optional(holder, stranger, Encoded) is None
            with pytest.raises(Unavailable, match="doesn't have that"):
                await slaves.ask(holder, stranger, Encoded)
            with pytest.raises(Elsewhere, match="doesn't hold shard 1"):
                await slaves.ask(holder, ReadAccount(1, 4, NOBODY, 0), Encoded)
            with pytest.raises(InvalidInput, match="doesn't answer Nothing"):
                await slaves.ask(holder, Nothing(), Encoded)

    asyncio.run(scene())


def test_a_question_that_was_sent_elsewhere_is_asked_again_when_more_is_known(
    tmp_path: Path,
) -> None:
    attempts: list[Arrangement] = []

    async def scene() -> str:
        async with running(make_identity(tmp_path)) as (router, admission):

            async def attempt() -> str:
                attempts.append(router.arrangement)
                if len(attempts) == 1:
                    asyncio.get_running_loop().call_soon(
                        router.slaves.follow, router.slaves.topology.divided()
                    )
                    await admission.submit(transfer(ALICE, BOB))  # a block comes, and with it news
                    raise Elsewhere
                return "found"

            return await router.settled(attempt)

    assert asyncio.run(scene()) == "found"
    assert [each.topology for each in attempts] == [1, 2]


def test_who_is_sent_elsewhere_and_hears_of_nothing_new_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router_module, "CATCH_UP_TIMEOUT_MS", 20)

    async def attempt() -> None:
        raise Elsewhere

    async def scene() -> None:
        async with running(make_identity(tmp_path)) as (router, _):
            with pytest.raises(Unavailable, match="shards are being moved"):
                await router.settled(attempt)

    asyncio.run(scene())


def test_before_anything_is_connected_everything_is_unavailable(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        router = Router(identity, identity.credentials(Role.GATEWAY, "gateway"))
        assert not router.slaves.is_connected("slave-0")
        with pytest.raises(Unavailable, match="has not reached the master"):
            router.slaves.holder(ShardId(0))
        with pytest.raises(Unavailable, match="no slave slave-0"):
            await router.slaves.ask("slave-0", Nothing(), Nothing)
        with pytest.raises(Unavailable):
            await router.locate([NOBODY])

    asyncio.run(scene())
