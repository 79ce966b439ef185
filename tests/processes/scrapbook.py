"""Everything that wallets and explorers can ask of a chain up to some block, and what they were answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tests.processes.json_rpc import JsonRpc, Question
from tests.processes.running_cluster import RunningCluster

DIFFERENCES_SHOWN: Final = 10

SHARDS_EVER: Final = 2
"""So many there are in every block."""

SLOTS: Final = ("0x0", "0x1")


class Scrapbook:
    """Questions about what is past, whose answers must stay; asked when it is made, and by `look`."""

    def __init__(
        self,
        cluster: RunningCluster,
        accounts: Sequence[str],
        contracts: Sequence[str],
        waiting: Sequence[str],
        keys: Sequence[int],
    ) -> None:
        """`waiting` are hashes of transactions that no block has, `keys` shard keys to look at as networks."""
        self._rpc: Final = JsonRpc(cluster.url)
        self._networks: Final = [JsonRpc(f"{cluster.url}/key/{key:08x}") for key in keys]
        head = int(self._rpc.ask("eth_blockNumber"), 16)
        self._state: Final = _state_questions([*accounts, *contracts], range(head + 1))
        self._calls: Final[list[Question]] = [
            ("eth_call", ({"to": contract}, hex(number)))
            for contract in contracts
            for number in (head - 1, head)
        ]
        self._chain: Final = self._chain_questions(head)
        self._pool: Final[list[Question]] = [
            *[("eth_getTransactionByHash", (each,)) for each in waiting],
            *[("eth_getTransactionCount", (each, "pending")) for each in accounts],
            *[("eth_getTransactionCount", (each, "latest")) for each in accounts],
        ]
        self.answers: Final = self.look()

    def look(self) -> dict[str, Any]:
        """All answers, each beside its question."""
        questions = [*self._state, *self._calls, *self._chain, *self._pool]
        answers = dict(zip(map(str, questions), self._rpc.ask_all(questions), strict=True))
        for number, network in enumerate(self._networks):
            seen = network.ask_all(self._state)
            answers |= {
                f"network {number}: {question}": answer
                for question, answer in zip(self._state, seen, strict=True)
            }
        return answers

    def check(self) -> None:
        """Everything is as it was."""
        now = self.look()
        different = [
            f"{question}: {before} → {now[question]}"
            for question, before in self.answers.items()
            if now[question] != before
        ]
        assert not different, "\n".join(different[:DIFFERENCES_SHOWN])

    def _chain_questions(self, head: int) -> list[Question]:
        numbers = [hex(number) for number in range(head + 1)]
        blocks = self._rpc.ask_all([("eth_getBlockByNumber", (each, True)) for each in numbers])
        hashes = [each["hash"] for block in blocks for each in block["transactions"]]
        return [
            *[("eth_getBlockByNumber", (each, True)) for each in numbers],
            *[("eth_getBlockByHash", (block["hash"], True)) for block in blocks],
            *[("eth_getBlockReceipts", (each,)) for each in numbers],
            *[
                (method, (each,))
                for each in hashes
                for method in (
                    "eth_getTransactionByHash",
                    "eth_getTransactionReceipt",
                    "qp_getTicket",
                )
            ],
            *[
                ("qp_getShardBlock", (hex(shard), each))
                for each in numbers
                for shard in range(SHARDS_EVER)
            ],
            ("eth_getLogs", ({"fromBlock": "0x0", "toBlock": hex(head)},)),
            *[("eth_getLogs", ({"blockHash": block["hash"]},)) for block in blocks],
            ("eth_feeHistory", (hex(head), hex(head), [50])),
        ]


def _state_questions(addresses: Sequence[str], numbers: range) -> list[Question]:
    tags = [hex(number) for number in numbers]
    return [
        (method, (address, *extra, tag))
        for address in addresses
        for tag in tags
        for method, extra in (
            ("eth_getBalance", ()),
            ("eth_getTransactionCount", ()),
            ("eth_getCode", ()),
            *(("eth_getStorageAt", (slot,)) for slot in SLOTS),
        )
    ]
