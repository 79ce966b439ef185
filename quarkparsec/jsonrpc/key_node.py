"""One shard key presented as a network of its own (the URLs /key/<hex8>).

Its chain id is that of the key, and every account is the one under the key: balance, nonce, code and storage
are those of the entry in the key's shard if it has that key. If it has another one, they are what is seen
of it from elsewhere: no money, no storage, the stub for a contract's code, and the entry's own nonce. So a
wallet sees an account that can't pay, and a transaction that it signs all the same is refused for that.
Calls run under the key. Blocks, receipts and logs are the cluster's: the key's transactions are in them.

Transactions for other chain ids are refused here, even if they are another network's of this cluster: a
wallet that mixes up its networks should hear of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from quarkparsec.chain.block import Entry, RootBlock, ShardBlock
from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import QuarkparsecError, Rejected
from quarkparsec.jsonrpc.node import (
    AccountProof,
    Acknowledged,
    BlockId,
    CallRequest,
    ClusterView,
    FoundLog,
    MinedTransaction,
    Node,
    TransactionStatus,
)
from quarkparsec.state.account import Account
from quarkparsec.types import (
    RECIPIENT_BYTES,
    Address,
    Epoch,
    Fingerprint,
    Gas,
    Hash32,
    Nonce,
    Recipient,
    ShardId,
    ShardKey,
    Slot,
)

_ANYBODY: Final = Recipient(bytes(RECIPIENT_BYTES))
"""Given as the sender where only the chain id is looked at: nobody needs to be recovered."""


class KeyNode:
    """A `Node` for one key over the cluster's."""

    def __init__(self, cluster: Node, key: ShardKey) -> None:
        self._cluster: Final = cluster
        self._key: Final = key

    @property
    def chain_id(self) -> int:
        return key_chain_id(self._cluster.chain_id, self._key)

    @property
    def client_version(self) -> str:
        return self._cluster.client_version

    def entropy(self) -> bytes:
        return self._cluster.entropy()

    def head(self) -> RootBlock:
        return self._cluster.head()

    def cluster_view(self) -> ClusterView:
        return self._cluster.cluster_view()

    # --- blocks

    async def root_blocks(self, epochs: Sequence[Epoch]) -> Sequence[RootBlock]:
        return await self._cluster.root_blocks(epochs)

    async def root_block_by_hash(self, block_hash: Hash32) -> RootBlock | None:
        return await self._cluster.root_block_by_hash(block_hash)

    async def shard_blocks(self, blocks: Sequence[BlockId]) -> Sequence[ShardBlock]:
        return await self._cluster.shard_blocks(blocks)

    async def receipts(self, blocks: Sequence[BlockId]) -> Sequence[Sequence[Receipt]]:
        return await self._cluster.receipts(blocks)

    # --- transactions and logs

    async def submit(self, raws: Sequence[bytes]) -> Sequence[Acknowledged | QuarkparsecError]:
        refusals = [self._refusal(raw) for raw in raws]
        ours = [raw for raw, refusal in zip(raws, refusals, strict=True) if refusal is None]
        outcomes = iter(await self._cluster.submit(ours))
        return [next(outcomes) if refusal is None else refusal for refusal in refusals]

    async def find_transaction(self, transaction_hash: Hash32) -> MinedTransaction | Entry | None:
        return await self._cluster.find_transaction(transaction_hash)

    async def transaction_status(self, transaction_hash: Hash32) -> TransactionStatus | None:
        return await self._cluster.transaction_status(transaction_hash)

    async def transaction_at(
        self, shard_id: ShardId, fingerprint: Fingerprint
    ) -> MinedTransaction | None:
        return await self._cluster.transaction_at(shard_id, fingerprint)

    async def logs(self, wanted: LogFilter, first: Epoch, last: Epoch) -> Sequence[FoundLog]:
        return await self._cluster.logs(wanted, first, last)

    # --- state

    async def address(self, recipient: Recipient) -> Address:
        return await self._cluster.address(recipient)

    async def account(
        self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None
    ) -> Account | None:
        return await self._cluster.account(recipient, epoch, self._or_own(key))

    async def code(self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None) -> bytes:
        return await self._cluster.code(recipient, epoch, self._or_own(key))

    async def storage(
        self,
        recipient: Recipient,
        slots: Sequence[Slot],
        epoch: Epoch,
        key: ShardKey | None = None,
    ) -> Sequence[int]:
        return await self._cluster.storage(recipient, slots, epoch, self._or_own(key))

    async def pending_nonce(self, recipient: Recipient, key: ShardKey | None = None) -> Nonce:
        return await self._cluster.pending_nonce(recipient, self._or_own(key))

    async def prove(
        self, recipient: Recipient, slots: Sequence[Slot], key: ShardKey | None = None
    ) -> AccountProof:
        return await self._cluster.prove(recipient, slots, self._or_own(key))

    # --- execution

    async def call(self, request: CallRequest, epoch: Epoch) -> bytes:
        return await self._cluster.call(self._own(request), epoch)

    async def estimate_gas(self, request: CallRequest, epoch: Epoch) -> Gas:
        return await self._cluster.estimate_gas(self._own(request), epoch)

    # --- within

    def _or_own(self, key: ShardKey | None) -> ShardKey:
        return self._key if key is None else key

    def _own(self, request: CallRequest) -> CallRequest:
        return request._replace(key=self._or_own(request.key))

    def _refusal(self, raw: bytes) -> QuarkparsecError | None:
        """Why a transaction isn't taken here, or None."""
        try:
            signed_for = decode_transaction(raw, _ANYBODY).chain_id
        except QuarkparsecError as error:
            return error
        if signed_for == self.chain_id:
            return None
        return Rejected(f"invalid chain id for signer: have {signed_for} want {self.chain_id}")
