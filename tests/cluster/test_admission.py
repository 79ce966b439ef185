"""Transactions that come together travel together, and each gets the verdict that is its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cluster import admission as admission_module
from cluster.admission import Admission
from cluster.router import Router
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput, Rejected, Unavailable
from quarkparsec.types import Stage
from quarkparsec.wire.session import Role
from tests.attacks.forging import typed
from tests.cluster.one_loop import ALICE, BOB, CAROL, make_identity, running, transfer


def test_each_of_many_gets_its_own_verdict(tmp_path: Path) -> None:
    good = [transfer(ALICE, BOB if nonce % 3 else CAROL, nonce) for nonce in range(20)]
    raws = [
        b"\x02\xc0",
        *good[:10],
        typed(gas=1),
        *good[10:],
        typed(chain_id=1),
        good[0],
    ]

    async def scene() -> list[Any]:
        async with running(make_identity(tmp_path)) as (_, admission):
            return list(await asyncio.gather(*map(admission.submit, raws), return_exceptions=True))

    verdicts = asyncio.run(scene())
    taken = [keccak(raw) for raw in good]
    assert isinstance(verdicts[0], InvalidInput)
    assert [each.transaction_hash for each in verdicts[1:11] + verdicts[12:22]] == taken
    for each in verdicts[1:11]:
        assert (each.shard_id, each.stage, each.epoch_start > 0) == (2, Stage.ADMITTED, True)
        assert each.epoch >= 1
    assert isinstance(verdicts[11], Rejected)
    assert isinstance(verdicts[22], Rejected)
    assert str(verdicts[23]) == "already known"


def test_one_too_many_is_unavailable_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_module, "ADMISSION_QUEUE_MAX", 3)
    raws = [transfer(ALICE, BOB, nonce) for nonce in range(6)]

    async def scene() -> list[Any]:
        async with running(make_identity(tmp_path)) as (_, admission):
            return list(await asyncio.gather(*map(admission.submit, raws), return_exceptions=True))

    verdicts = asyncio.run(scene())
    assert [each.transaction_hash for each in verdicts[:3]] == [keccak(raw) for raw in raws[:3]]
    assert all(isinstance(verdict, Unavailable) for verdict in verdicts[3:])


def test_while_the_cluster_is_away_a_transaction_is_unavailable(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        admission = Admission(Router(identity, identity.credentials(Role.GATEWAY, "gateway")))
        with pytest.raises(Unavailable, match="has not reached the master"):
            await admission.submit(transfer(ALICE, BOB))
        admission.close()

    asyncio.run(scene())
