"""Whole load tests against a small chain behind real HTTP."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application
from benchmarks.load.options import Options
from benchmarks.load.report import LoadReport
from benchmarks.load.session import run_load_test
from benchmarks.load.workload import Kind
from benchmarks.signing import Wallet
from rich.progress import Progress

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from quarkparsec.errors import Rejected
from tests.scripts.benchmarks.load.small_node import SmallNode

FUNDED = [Wallet(key) for key in derive_keys(TEST_MNEMONIC, 10)]


def _node(shard_count: int) -> SmallNode:
    return SmallNode({wallet.recipient: 10**22 for wallet in FUNDED}, shard_count)


def _load(
    node: SmallNode, funded: list[Wallet], batch: int = 1, kind: Kind = "transfer"
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
                kind=kind,
                same_shard=True,
                probes=8,
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
    assert set(report.shards) | set(report.shards_without_funds) == set(range(shard_count))


def test_each_shard_gets_a_token_of_its_own() -> None:
    report = _load(_node(4), FUNDED, 25, kind="erc20")
    assert report.is_flawless
    assert report.committed == 120


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
