"""What JSON-RPC needs from a cluster, and nothing else.

The methods are pure functions over a `Node`. A gateway implements it: it knows the root chain's head,
finds the shard that holds an account, a transaction or a contract (the Directory), asks the slaves in
parallel where there is more than one to ask, and puts a deadline on every question.

Rules for whoever implements it:

- `head()` costs nothing and never goes backwards. Nothing beyond it is visible: an answer about an epoch
  later than `head()` is treated as if there were none.
- An `epoch` that is passed in exists (0 ≤ epoch ≤ head). State "as of epoch e" is that after the shard's
  last block ≤ e; a shard that was not there in e carries its last state over.
- A `key` that is passed along makes an account explicit: recipient ‖ key, read in the key's shard as it is
  seen under that key (state/foreign.py). Without one, the cluster knows where a recipient lives: a contract
  under its key, a user at home.
- Methods over a sequence answer in its order, one answer for each member; the sequence may be empty.
- A question that can't be answered now raises `Unavailable` (`PrunedHistory` if never again); a malformed
  transaction `InvalidInput`, one that a rule refuses `Rejected` with geth's words. Anything else that is
  raised is a fault of ours and reaches the client as "internal error".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.block import Entry, RootBlock, ShardBlock
from quarkparsec.chain.log import Log
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.receipt import Receipt
from quarkparsec.errors import QuarkparsecError, Rejected
from quarkparsec.state.account import Account
from quarkparsec.types import (
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
    Stage,
    Wei,
)
from quarkparsec.wire.operations import Moves, Operation

# --- what a node may raise besides the tree in errors.py


class ContractElsewhere(NamedTuple):
    """A contract that a call needed and couldn't see: the two have different shard keys."""

    recipient: Recipient
    shard_key: ShardKey
    caller_key: ShardKey


class ExecutionReverted(Rejected):
    """A call ran and reverted; `data` is what it returned."""

    def __init__(self, data: bytes, elsewhere: ContractElsewhere | None = None) -> None:
        super().__init__("execution reverted")
        self.data = data
        self.elsewhere = elsewhere
        """What may well be the reason."""


class ExecutionFailed(Rejected):
    """A call ran and failed otherwise: out of gas, invalid opcode, …, in geth's words."""


# --- what a node is asked, and what it answers


class BlockId(NamedTuple):
    """One shard block. The shard took part in that epoch."""

    shard_id: ShardId
    epoch: Epoch


class MinedTransaction(NamedTuple):
    """A committed transaction and where it is, counted within its shard block."""

    block: BlockId
    transaction_index: int
    first_log_index: int
    """How many logs the shard block has before this transaction's."""
    entry: Entry
    receipt: Receipt


class Acknowledged(NamedTuple):
    """A transaction was taken: it will be in `epoch` or a later one, if no crash loses it."""

    transaction_hash: Hash32
    epoch: Epoch
    epoch_start: int
    """Seconds since 1970."""
    shard_id: ShardId
    """Its sender's."""
    stage: Stage


class TransactionStatus(NamedTuple):
    """How far a transaction has come."""

    stage: Stage
    shard_id: ShardId
    """The shard where it has come so far."""
    epoch: Epoch
    """The one that it is in; while it is ADMITTED, the first that it can be in."""
    fingerprint: Fingerprint | None
    """From ORDERED on."""
    transaction_index: int
    """In its shard's block, once it is COMMITTED."""
    is_queued: bool
    """It is ADMITTED, and waits for an earlier nonce or for money."""


class FoundLog(NamedTuple):
    """A log and where it is, counted within its shard block."""

    block: BlockId
    transaction_index: int
    log_index: int
    transaction_hash: Hash32
    log: Log


class CallRequest(NamedTuple):
    """What eth_call and eth_estimateGas run: a transaction that nobody signed."""

    sender: Recipient
    to: Recipient | None
    """None runs `data` as init code."""
    gas_limit: Gas
    """At most limits.CALL_GAS_MAX."""
    max_fee_per_gas: Wei
    """0 runs without fees: the base fee counts as 0 then, as in geth."""
    max_priority_fee_per_gas: Wei
    value: Wei
    data: bytes
    access_list: AccessList
    authorizations: tuple[Authorization, ...]
    key: ShardKey | None = None
    """The explicit key of sender and target."""


class AccountProof(NamedTuple):
    """An account, its proof against the state root of its shard's block, and proofs of its slots."""

    account: Account | None
    nodes: tuple[bytes, ...]
    """Encoded trie nodes from the root down."""
    slots: tuple[SlotProof, ...]
    """In the order asked."""


class SlotProof(NamedTuple):
    """The word in a slot, proved against the account's storage root."""

    slot: Slot
    value: int
    nodes: tuple[bytes, ...]


class ShardStatus(NamedTuple):
    """Where a shard is served and how far it is."""

    shard_id: ShardId
    slave: str
    epoch: Epoch
    """Of its last block."""
    is_available: bool
    swept_percent: int
    """Of what the last split left in it for its other half."""


class SlaveStatus(NamedTuple):
    """One slave process, by the name that the operator gave it."""

    name: str
    is_connected: bool


class ShardLoad(NamedTuple):
    """What a shard has to carry."""

    transactions: int
    """In the last limits.LOAD_BLOCKS blocks."""
    size_bytes: int
    """Of its database, about; 0 while nobody can say."""


class ClusterView(NamedTuple):
    """Shards in order of their ids, slaves in order of their names."""

    shards: tuple[ShardStatus, ...]
    slaves: tuple[SlaveStatus, ...]


class Node(Protocol):
    """A cluster, as seen from its door."""

    @property
    def chain_id(self) -> int:
        """The chain id that transactions are signed for: the cluster's, or that of a shard key."""

    @property
    def client_version(self) -> str:
        """Name/version/platform/language, as geth writes it."""

    def entropy(self) -> bytes:
        """32 bytes that nobody can foretell."""

    def head(self) -> RootBlock:
        """The last committed root block."""

    def cluster_view(self) -> ClusterView:
        """Who serves what, as far as the node knows at this moment."""

    # --- blocks

    async def root_blocks(self, epochs: Sequence[Epoch]) -> Sequence[RootBlock]:
        """The root blocks of some epochs up to the head."""

    async def root_block_by_hash(self, block_hash: Hash32) -> RootBlock | None:
        """The root block with that hash, or None."""

    async def shard_blocks(self, blocks: Sequence[BlockId]) -> Sequence[ShardBlock]:
        """Shard blocks with their bodies."""

    async def receipts(self, blocks: Sequence[BlockId]) -> Sequence[Sequence[Receipt]]:
        """The receipts of shard blocks, in the order of their transactions."""

    # --- transactions and logs

    async def submit(self, raws: Sequence[bytes]) -> Sequence[Acknowledged | QuarkparsecError]:
        """Hand signed transactions to the pools, in this order; the reason for each that isn't taken."""

    async def find_transaction(self, transaction_hash: Hash32) -> MinedTransaction | Entry | None:
        """A committed transaction, one that waits in a pool (as an Entry), or None."""

    async def transaction_status(self, transaction_hash: Hash32) -> TransactionStatus | None:
        """How far a transaction has come; COMMITTED only up to the head. None if it is unknown."""

    async def transaction_at(
        self, shard_id: ShardId, fingerprint: Fingerprint
    ) -> MinedTransaction | None:
        """The transaction with a fingerprint in a shard's block of an epoch up to the head, or None."""

    async def logs(self, wanted: LogFilter, first: Epoch, last: Epoch) -> Sequence[FoundLog]:
        """Logs of the epochs first … last, ordered by epoch, shard and index.

        Raises TooManyResults as soon as there are more than limits.LOG_RESULTS_MAX.
        """

    # --- state

    async def address(self, recipient: Recipient) -> Address:
        """Where the cluster has a recipient. Raises Rejected for what is in every shard."""

    async def account(
        self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None
    ) -> Account | None:
        """The entry, or None."""

    async def code(self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None) -> bytes:
        """The code there; b"" when there is none."""

    async def storage(
        self,
        recipient: Recipient,
        slots: Sequence[Slot],
        epoch: Epoch,
        key: ShardKey | None = None,
    ) -> Sequence[int]:
        """The words in some slots."""

    async def pending_nonce(self, recipient: Recipient, key: ShardKey | None = None) -> Nonce:
        """The nonce after every transaction of the sender that the pool could run now."""

    async def prove(
        self, recipient: Recipient, slots: Sequence[Slot], key: ShardKey | None = None
    ) -> AccountProof:
        """Merkle proofs at the shard's head. Raises Rejected if the entry there has another key."""

    # --- execution

    async def call(self, request: CallRequest, epoch: Epoch) -> bytes:
        """What the call returns. Raises ExecutionReverted, ExecutionFailed or Rejected."""

    async def estimate_gas(self, request: CallRequest, epoch: Epoch) -> Gas:
        """The least gas limit with which the call succeeds. Raises as `call` does."""


class Operator(Node, Protocol):
    """A cluster, as seen from the admin port."""

    async def reshard(self, shard_count: int) -> Epoch:
        """Split every shard, so that there are so many; the root block that did. Raises Rejected."""

    async def operate(self, operation: Operation) -> Moves:
        """Begin something about who holds what; what is under way then. Raises Rejected."""

    async def loads(self) -> Sequence[ShardLoad]:
        """What each shard did lately, in shard order."""
