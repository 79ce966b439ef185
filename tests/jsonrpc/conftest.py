"""A cluster with a little history, and a door to it."""

from __future__ import annotations

import pytest

from quarkparsec.types import Nonce, Recipient, Slot, Wei, home_key
from tests.jsonrpc.cluster import ALICE, TOKEN, Did, Door, MemoryCluster, sign, transfer_log
from tests.jsonrpc.headers import GWEI
from tests.state.words import new_account

ALICE_RECIPIENT = Recipient(bytes.fromhex(ALICE.address[2:]))


@pytest.fixture
def cluster() -> MemoryCluster:
    """Two epochs: shards 1 and 3 take part in the first, shards 0 and 3 in the second."""
    cluster = MemoryCluster()
    alice = new_account(home_key(ALICE_RECIPIENT), Wei(10**18))
    cluster.accounts[ALICE_RECIPIENT] = alice._replace(nonce=Nonce(6))
    cluster.codes[TOKEN] = b"\x60\x00"
    cluster.slots[(TOKEN, Slot(bytes(31) + b"\x02"))] = 7
    creation = sign(nonce=1, to=b"", data=b"\x60\x00", gas=100_000, gasPrice=5 * GWEI)
    cluster.seal(
        {
            1: [Did(sign(nonce=0)), Did(creation, 80_000, contract=TOKEN)],
            3: [Did(_access_list(2), 50_000, logs=(transfer_log(1), transfer_log(2)))],
        }
    )
    cluster.seal(
        {
            0: [Did(sign(nonce=3, data=b"\x01"), 30_000, logs=(transfer_log(3),))],
            3: [
                Did(sign(nonce=4), 21_000, status=0),
                Did(sign(nonce=5), 40_000, logs=(transfer_log(4), transfer_log(5))),
            ],
        }
    )
    return cluster


@pytest.fixture
def door(cluster: MemoryCluster) -> Door:
    return Door(cluster)


def _access_list(nonce: int) -> bytes:
    listed = [{"address": "0x" + TOKEN.hex(), "storageKeys": ["0x" + "00" * 32]}]
    return sign(nonce=nonce, gas=60_000, gasPrice=4 * GWEI, accessList=listed, type=1)
