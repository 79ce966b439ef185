"""Whole load tests against a small chain behind real HTTP."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application
from benchmarks.load.hot_spots import Duel, OneAccount, OneContract
from benchmarks.load.options import Options
from benchmarks.load.payments import TokenTransfers, Transfers
from benchmarks.load.payouts import Payouts
from benchmarks.load.report import LoadReport
from benchmarks.load.session import run_load_test
from benchmarks.load.workload import Workload
from benchmarks.signing import Wallet
from rich.progress import Progress

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from quarkparsec.errors import Rejected
from quarkparsec.types import Recipient
from tests.scripts.benchmarks.load.small_node import SmallNode

TRANSFERS = Transfers()
FUNDED = [Wallet(key) for key in derive_keys(TEST_MNEMONIC, 10)]


def _node(shard_count: int) -> SmallNode:
    return SmallNode({wallet.recipient: 10**22 for wallet in FUNDED}, shard_count)


def _load(
    node: SmallNode,
    funded: list[Wallet],
    batch: int = 1,
    workload: Workload = TRANSFERS,
    probes: int = 8,
) -> LoadReport:
    async def run() -> LoadReport:
        application = Application()
        application.router.add_post("/", node.serve)
        async with TestServer(application) as server:
            options = Options(
                url=str(server.make_url("/")),
                transactions=120,
                senders=12,
                in_flight=4,
                batch=batch,
                workload=workload,
                probes=probes,
                poll_s=0.001,
                backlog=50,
                timeout_s=20,
                seed=b"seed",
            )
            return await run_load_test(options, funded, Progress(disable=True))

    return asyncio.run(run())


@pytest.mark.parametrize("shard_count", [1, 4])
@pytest.mark.parametrize("batch", [1, 25])
def test_every_transaction_is_committed_and_checked(shard_count: int, batch: int) -> None:
    node = _node(shard_count)
    report = _load(node, FUNDED, batch)
    assert report.is_flawless
    assert report.committed == report.accepted == 120
    assert report.commit_s >= report.send_s > 0
    assert report.idle
    assert report.idle.samples == 8
    assert report.waits
    assert report.waits.samples == 120
    assert set(report.shards) | set(report.shards_without_funds) == set(range(shard_count))
    assert node.crossed == []


@pytest.mark.parametrize("kind", [Transfers, TokenTransfers])
@pytest.mark.parametrize(("percent", "crossing"), [(0, 0), (10, 12), (50, 60), (100, 120)])
def test_the_share_that_crosses_shards_is_exact(
    kind: type[Transfers | TokenTransfers], percent: int, crossing: int
) -> None:
    node = _node(4)
    report = _load(node, FUNDED, 25, kind(percent), probes=0)
    assert report.is_flawless
    assert report.committed == 120
    assert len(node.crossed) == crossing


def test_a_share_across_shards_needs_two_of_them() -> None:
    with pytest.raises(Rejected, match="needs 2 shards"):
        _load(_node(1), FUNDED, 1, Transfers(10))


def test_one_account_gets_all_from_every_shard() -> None:
    node = _node(4)
    report = _load(node, FUNDED, 25, OneAccount(), probes=0)
    assert report.is_flawless
    (payee,) = {transaction.to for transaction in node.crossed}
    assert payee is not None
    assert node.balances[payee] == 120


def test_one_contract_is_called_by_all_who_live_elsewhere() -> None:
    node = _node(4)
    report = _load(node, FUNDED, 25, OneContract())
    assert report.is_flawless
    assert len(node.crossed) == 120 + 2 * 8
    assert len({transaction.to for transaction in node.crossed}) == 1
    assert {node.shard_of(transaction.sender) for transaction in node.crossed} == {1, 2, 3}
    assert report.shards == [1, 2, 3]


def test_in_a_duel_two_accounts_on_two_shards_pay_each_other() -> None:
    node = _node(4)
    report = _load(node, FUNDED, 25, Duel(), probes=0)
    assert report.is_flawless
    assert report.senders == 2
    pairs = {(transaction.sender, transaction.to) for transaction in node.crossed}
    ((first, second), back) = pairs
    assert back == (second, first)
    assert node.sent[first] == 60


@pytest.mark.parametrize(("percent", "paying"), [(0, 0), (50, 45), (100, 90)])
def test_every_remote_call_crosses_and_a_share_pays_out_to_who_is_calling(
    percent: int, paying: int
) -> None:
    node = _node(4)
    report = _load(node, FUNDED, 25, Payouts(percent), probes=0)
    assert report.is_flawless
    assert len(node.crossed) == 120
    payouts = [each for each in node.crossed if each.data]
    assert len(payouts) == paying
    for payout in payouts:
        payee = Recipient(payout.data[-20:])
        assert payout.to is not None
        assert node.shard_of(payee) == node.shard_of(payout.to) != node.shard_of(payout.sender)
        assert node.sent[payee] == 10


def test_a_shard_without_a_funded_account_takes_no_load_and_is_named() -> None:
    report = _load(_node(4), FUNDED[:1])
    assert report.is_flawless
    assert len(report.shards) == 1
    assert sorted(report.shards + report.shards_without_funds) == [0, 1, 2, 3]


def test_a_refused_transaction_is_counted_with_its_words_and_ends_its_stream() -> None:
    node = _node(1)
    node.refused.add(9)  # the last of each sender's ten; a prober has only eight
    report = _load(node, FUNDED[:1])
    assert report.errors == {"nonce N is not liked": 12}
    assert report.committed == 120 - 12
    assert report.wrong_nonces == 0
    assert not report.is_flawless


def test_a_receipt_of_failure_is_found_after_the_clock() -> None:
    node = _node(1)
    node.failing.add(9)
    report = _load(node, FUNDED[:1])
    assert report.committed == 120
    assert report.failed == 12
    assert not report.is_flawless


def test_accounts_without_money_cannot_begin() -> None:
    with pytest.raises(Rejected, match="has money"):
        _load(SmallNode({}, 1), FUNDED)
