"""A chain in memory behind real HTTP, strict where the load generator could cheat.

It knows balances and nonces, makes a block when asked for its head, and keeps account of who pays whom across
shards. A contract lives where its creator does, once it is in a block; until then nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import orjson
from aiohttp import web
from benchmarks.load.placement import home_shard
from benchmarks.signing import created_address

from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.codec.quantities import data, parse_data, quantity
from quarkparsec.errors import Rejected
from quarkparsec.types import Recipient, ShardId

BASE_FEE: Final = 10**9
CHAIN_ID: Final = 20803
TRANSFER_GAS: Final = 21_000


class SmallNode:
    """Accounts, a pool and blocks."""

    def __init__(self, balances: dict[Recipient, int], shard_count: int) -> None:
        self.balances: Final = balances
        self.nonces: Final[dict[Recipient, int]] = {}
        self.blocks: Final[list[list[str]]] = [[]]
        self.failing: Final[set[int]] = set()
        """Nonces whose transactions fail, unless they are of accounts that had money from the start."""
        self.refused: Final[set[int]] = set()
        """Nonces that are refused of the same senders."""
        self.crossed: Final[list[Transaction]] = []
        """Transactions to another shard, of accounts that had no money from the start."""
        self.sent: Final[Counter[Recipient]] = Counter()
        """How many each account has sent."""
        self._founders: Final = frozenset(balances)
        self._shard_count: Final = shard_count
        self._contracts: Final[dict[Recipient, Recipient]] = {}
        """Contract → who created it."""
        self._pool: Final[list[Transaction]] = []
        self._places: Final[dict[str, tuple[int, Transaction]]] = {}

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a call or a batch."""
        body = orjson.loads(await request.read())
        answer = (
            [self._answer(each) for each in body] if isinstance(body, list) else self._answer(body)
        )
        return web.json_response(body=orjson.dumps(answer))

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        method: Callable[..., Any] | None = getattr(self, call["method"], None)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
        if method is None:
            return answer | {"error": {"code": -32601, "message": "no such method"}}
        try:
            return answer | {"result": method(*call["params"])}
        except Rejected as refusal:
            return answer | {"error": {"code": -32000, "message": str(refusal)}}

    # --- methods

    def web3_clientVersion(self) -> str:  # noqa: N802 - named as the method is
        return "small"

    def qp_getCluster(self) -> dict[str, str]:  # noqa: N802
        return {"shardCount": quantity(self._shard_count)}

    def eth_chainId(self) -> str:  # noqa: N802
        return quantity(CHAIN_ID)

    def eth_getBalance(self, recipient: str, _: str) -> str:  # noqa: N802
        return quantity(self.balances.get(Recipient(parse_data(recipient)), 0))

    def eth_getTransactionCount(self, recipient: str, _: str) -> str:  # noqa: N802
        return quantity(self.nonces.get(Recipient(parse_data(recipient)), 0))

    def eth_blockNumber(self) -> str:  # noqa: N802
        self._make_block()
        return quantity(len(self.blocks) - 1)

    def eth_getBlockByNumber(self, number: str, _: bool) -> dict[str, Any]:  # noqa: N802
        index = len(self.blocks) - 1 if number == "latest" else int(number, 16)
        base_fee = quantity(BASE_FEE)
        return {
            "number": quantity(index),
            "transactions": self.blocks[index],
            "baseFeePerGas": base_fee,
        }

    def eth_sendRawTransaction(self, raw: str) -> str:  # noqa: N802
        transaction = decode_transaction(parse_data(raw))
        self._check(transaction)
        self._pool.append(transaction)
        self.sent[transaction.sender] += 1
        if self._crosses(transaction):
            self.crossed.append(transaction)
        return data(transaction.hash)

    def eth_getTransactionReceipt(self, transaction_hash: str) -> dict[str, str] | None:  # noqa: N802
        self._make_block()
        if transaction_hash not in self._places:
            return None
        _, transaction = self._places[transaction_hash]
        fails = transaction.nonce in self.failing and transaction.sender not in self._founders
        status = "0x0" if fails else "0x1"
        return {"transactionHash": transaction_hash, "status": status}

    # --- within

    def _check(self, transaction: Transaction) -> None:
        sender = transaction.sender
        if transaction.nonce in self.refused and sender not in self._founders:
            raise Rejected(f"nonce {transaction.nonce} is not liked")
        waiting = [each for each in self._pool if each.sender == sender]
        if transaction.nonce != self.nonces.get(sender, 0) + len(waiting):
            raise Rejected("nonces out of order")
        cost = sum(each.gas_limit * each.max_fee_per_gas + each.value for each in waiting)
        cost += transaction.gas_limit * transaction.max_fee_per_gas + transaction.value
        if cost > self.balances.get(sender, 0):
            raise Rejected("insufficient funds for gas * price + value")

    def _crosses(self, transaction: Transaction) -> bool:
        sender, to = transaction.sender, transaction.to
        if to is None or sender in self._founders:
            return False
        return self.shard_of(sender) != self.shard_of(to)

    def shard_of(self, recipient: Recipient) -> ShardId:
        return home_shard(self._contracts.get(recipient, recipient), self._shard_count)

    def _make_block(self) -> None:
        if not self._pool:
            return
        for transaction in self._pool:
            sender, to = transaction.sender, transaction.to or transaction.sender
            if transaction.to is None:
                self._contracts[created_address(sender, transaction.nonce)] = sender
            self.nonces[sender] = transaction.nonce + 1
            self.balances[sender] -= transaction.value + TRANSFER_GAS * BASE_FEE
            self.balances[to] = self.balances.get(to, 0) + transaction.value
            self._places[data(transaction.hash)] = (len(self.blocks), transaction)
        self.blocks.append([data(transaction.hash) for transaction in self._pool])
        self._pool.clear()
