"""Several recorders at work on one cluster, and everything that must hold of what they recorded."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from tests.processes.contracts import KEEPS_LISTS
from tests.processes.json_rpc import JsonRpc, Question, Refused
from tests.processes.ledger import Ledger
from tests.processes.recorder import Recorder
from tests.processes.running_cluster import RunningCluster
from tests.processes.test_wallets import FEES, send
from tests.serializability.append_checker import check
from tests.serializability.append_history import History

ACCOUNTS: Final[list[LocalAccount]] = [
    Account.from_key(key) for key in derive_keys(TEST_MNEMONIC, 10)
]
SUPPLY: Final = len(ACCOUNTS) * 10_000 * 10**18
CREATORS: Final = (1, 4, 0, 8)
"""Accounts on shards 0, 1, 2 and 3."""
HEALING_S: Final = 20.0


class Crowd:
    """Clients with a funded account each, and a contract on every shard."""

    def __init__(
        self, cluster: RunningCluster, urls: Sequence[str], count: int, *, hasty: int = 0
    ) -> None:
        w3 = cluster.web3()
        creations = [send(w3, ACCOUNTS[one], data=KEEPS_LISTS, **FEES) for one in CREATORS]
        ledger = Ledger([creation["contractAddress"] for creation in creations], seed=1)
        everybody = [account.address for account in ACCOUNTS]
        self.recorders: Final = [
            Recorder(urls, account, everybody, ledger, index, haste=0.5 if index < hasty else 0.0)
            for index, account in enumerate(ACCOUNTS[:count])
        ]
        self._rpc: Final = JsonRpc(urls[0])

    def start(self) -> None:
        for recorder in self.recorders:
            recorder.start()

    def stop(self) -> None:
        """Wait until every transaction has come to something; then read all there is."""
        for recorder in self.recorders:
            recorder.stop()
        self.raise_errors()
        for recorder in self.recorders:
            recorder.read_everything()

    @property
    def history(self) -> History:
        return [each for recorder in self.recorders for each in recorder.history]

    @property
    def receipts(self) -> list[Any]:
        """Of all that was acknowledged."""
        return [each for recorder in self.recorders for each in recorder.receipts]

    def raise_errors(self) -> None:
        """Raise what made a client give up, if anything did."""
        for recorder in self.recorders:
            if recorder.error is not None:
                raise recorder.error

    # --- what must hold

    def check_order(self) -> None:
        """Some serial order that agrees with real time explains everything."""
        assert check(self.history) == []

    def check_money(self, pending: Mapping[int, int]) -> None:
        """At the end of every block that somebody looked at, all the money was there.

        `pending` are the blocks whose tips waited for the coinbase's shard, and how much that was.
        """
        cuts = [cut for recorder in self.recorders for cut in recorder.cuts]
        head = max(cut.block for cut in cuts)
        burned = [0]
        for block in self._ask(
            [("eth_getBlockByNumber", (hex(number), False)) for number in range(1, head + 1)]
        ):
            fee = int(block["gasUsed"], 16) * int(block["baseFeePerGas"], 16)
            burned.append(burned[-1] + fee)
        missing = [
            (cut.block, lost)
            for cut in cuts
            if (lost := SUPPLY - burned[cut.block] - pending.get(cut.block, 0) - cut.total)
        ]
        assert missing == []

    def check_receipts(self) -> None:
        """What was acknowledged stays so, word for word; what was replaced never took place."""
        hashes = [receipt["transactionHash"] for receipt in self.receipts]
        assert self._receipts(hashes) == self.receipts
        replaced = [each for recorder in self.recorders for each in recorder.replaced]
        assert self._receipts(replaced) == [None] * len(replaced)

    def check_nonces(self) -> None:
        """Every nonce was used once, in order, and nothing waits any more."""
        for recorder in self.recorders:
            address = recorder.account.address
            blocks = [int(receipt["blockNumber"], 16) for receipt in recorder.receipts]
            assert blocks == sorted(blocks)
            tags = ("latest", "pending")
            counts = self._ask([("eth_getTransactionCount", (address, tag)) for tag in tags])
            assert [int(count, 16) for count in counts] == [recorder.next_nonce] * len(tags)

    # --- within

    def _receipts(self, hashes: Sequence[str]) -> list[Any]:
        return self._ask([("eth_getTransactionReceipt", (each,)) for each in hashes])

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        """Ask until a shard that is catching up can say; that isn't the same as saying no."""
        deadline = time.monotonic() + HEALING_S
        while True:
            try:
                return self._rpc.ask_all(questions)
            except (requests.RequestException, Refused):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
