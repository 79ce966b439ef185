"""What gateways ask of slaves and of the master, and what comes back.

Accounts, blocks, receipts and transactions travel in the encodings that they are stored in; whoever asked
decodes them. An epoch of None means the last committed one. With a `key`, state is answered as it is seen
under that shard key (state/foreign.py), else as it is.

What lives under a key is in another shard once shards were split. So a question about it says how many shards
there were when it was sent on its way. A slave that knows of fewer waits until it has heard of the others; one
that knows of more raises Elsewhere, and whoever asked looks again.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from quarkparsec.types import Epoch, Fingerprint, ShardKey, Stage
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.lanes import Endowment


class Query(msgspec.Struct, frozen=True, tag=True):
    """The base of every message in this file."""


class AtShard(Query, frozen=True):
    """A question to one shard."""

    shard_id: int


class AtKey(AtShard, frozen=True):
    """A question about what lives under a shard key."""

    shard_count: int
    """With which the shard was found."""


# --- answers that several questions share


class Nothing(Query, frozen=True):
    """There is no such thing."""


class Encoded(Query, frozen=True):
    """One encoded value."""

    value: bytes


class Number(Query, frozen=True):
    """One number, as big-endian bytes: msgpack's own end at 64 bits."""

    value: bytes


# --- to a slave: transactions


class Submission(msgspec.Struct, frozen=True, array_like=True):
    """A signed transaction, its recovered sender, and the key of its frames."""

    shard_id: int
    """The sender's."""
    raw: bytes
    sender: bytes
    to_key: int
    runs_code: bool
    """It creates a contract, or one is known at its `to`; else it is a transfer, as far as anybody knows."""


class Admit(Query, frozen=True):
    """Put transactions into the pools of their senders' shards."""

    shard_count: int
    """With which the shards were found."""
    submissions: list[Submission]


class Admitted(Query, frozen=True):
    """One verdict a submission: "" for yes, the rule's words for no, None if its shard is elsewhere by now."""

    verdicts: list[str | None]
    acks: list[TransactionAck]
    """One for each shard that took any."""


class FindTransaction(Query, frozen=True):
    """Look for a transaction in a slave's blocks up to `epoch` at least, and in its pools: Search."""

    hash: bytes
    epoch: int


class FoundTransaction(msgspec.Struct, frozen=True, array_like=True):
    """Where a transaction is in its shard's blocks. In the pool: epoch 0, and no receipt."""

    shard_id: int
    epoch: int
    index: int
    first_log_index: int
    entry: bytes
    receipt: bytes


class Search(Query, frozen=True):
    """What a slave found, and how far its shards were when they were searched."""

    found: FoundTransaction | None
    lowest: int
    """The last root block that every one of its shards had applied."""
    highest: int
    """The last one that any of them had."""
    topology: int
    """The version of who is where by which it searched."""


class FindStatus(Query, frozen=True):
    """Look how far a transaction has come, in shards that have applied `epoch`: StatusSearch."""

    hash: bytes
    epoch: int


class FoundStatus(msgspec.Struct, frozen=True, array_like=True):
    """How far a shard knows a transaction to have come."""

    shard_id: int
    stage: Stage
    epoch: Epoch
    """The one that it is in; while it is ADMITTED, the first that it can be in."""
    fingerprint: Fingerprint | None = None
    """From ORDERED on."""
    index: int = 0
    """In its shard's block, from EXECUTED on."""
    is_queued: bool = False
    """It is ADMITTED, and waits for an earlier nonce or for money."""


class StatusSearch(Query, frozen=True):
    """The furthest that any shard of a slave knows of, and the rest as in Search."""

    found: FoundStatus | None
    lowest: int
    highest: int
    topology: int


class ReadTransaction(AtShard, frozen=True):
    """The transaction that has a fingerprint in a shard: CommittedTransaction or Nothing."""

    fingerprint: Fingerprint


class CommittedTransaction(Query, frozen=True):
    """A transaction of a block."""

    found: FoundTransaction


class ReadPendingNonce(AtKey, frozen=True):
    """The nonce after the last executable transaction of an account, pool included."""

    recipient: bytes


# --- to a slave: state


class ReadAccount(AtKey, frozen=True):
    """An account as of an epoch: Encoded or Nothing."""

    recipient: bytes
    epoch: int
    key: int | None = None


class ReadCode(AtKey, frozen=True):
    """An account's code as of an epoch: Encoded."""

    recipient: bytes
    epoch: int
    key: int | None = None


class ReadStorage(AtKey, frozen=True):
    """Words of an account's storage as of an epoch: Words."""

    recipient: bytes
    slots: list[bytes]
    epoch: int
    key: int | None = None


class Words(Query, frozen=True):
    """Big-endian numbers, in the order asked."""

    values: list[bytes]


class Prove(AtKey, frozen=True):
    """An account and slots with their proofs at the shard's head: ProofAnswer."""

    recipient: bytes
    slots: list[bytes]


class ProofAnswer(Query, frozen=True):
    """The encoded account ("" for none), its proof, and per slot its value and proof."""

    account: bytes
    account_proof: list[bytes]
    slots: list[tuple[bytes, list[bytes]]]


# --- to a slave: execution without effect


class Purse(msgspec.Struct, frozen=True, array_like=True):
    """What a sender has at home, when a call runs elsewhere."""

    nonce: int
    balance: bytes


class UnsignedCall(msgspec.Struct, frozen=True, array_like=True):
    """A transaction that nobody signed; an empty `to` creates. What may have 256 bits is big-endian bytes."""

    sender: bytes
    to: bytes
    to_key: int
    gas_limit: int
    max_fee_per_gas: bytes
    max_priority_fee_per_gas: bytes
    value: bytes
    data: bytes
    access_list: list[tuple[bytes, list[bytes]]]
    authorizations: list[tuple[bytes, bytes, int, int, bytes, bytes]]
    key: int | None
    """The shard key that the sender acts under; None: the cluster decides."""
    purse: Purse | None
    """None: the sender is at home where the call runs, or nobody in particular."""
    endowments: list[Endowment]
    """What waits for contracts that the call creates away from their homes."""


class Surroundings(msgspec.Struct, frozen=True, array_like=True):
    """What a call sees of the root block that it runs upon."""

    epoch: int
    timestamp: int
    base_fee: bytes
    prevrandao: bytes


class ReadOnlyCall(AtKey, frozen=True):
    """Run a call on the state as of an epoch and forget it: CallAnswer."""

    call: UnsignedCall
    upon: Surroundings


class EstimateGas(AtKey, frozen=True):
    """The least gas limit with which a call succeeds: CallAnswer, the gas in `gas_used`."""

    call: UnsignedCall
    upon: Surroundings


class CallAnswer(Query, frozen=True):
    """What a call returned; `error` is "" for success. If it `needs` anything, nothing else counts."""

    output: bytes
    gas_used: int
    error: str
    strangers: list[bytes]
    """Of a call that failed: whom it took for a contract and found none that it may see."""
    needs: list[bytes]
    """Contracts that it creates away from their homes and of whose endowments nothing was said."""


# --- to a slave: blocks


class ReadBlock(AtShard, frozen=True):
    """A shard's block of an epoch: Encoded or Nothing."""

    epoch: int


class ReadReceipts(AtShard, frozen=True):
    """The receipts of a shard's block: EncodedList or Nothing."""

    epoch: int


class EncodedList(Query, frozen=True):
    """Encoded values, in order."""

    values: list[bytes]


class ReadLogs(AtShard, frozen=True):
    """Logs of one shard in a range of epochs, at most `limit`: LogsAnswer."""

    first: int
    last: int
    recipients: list[bytes]
    topics: list[list[bytes]]
    """At each place the topics that match; an empty list matches any."""
    limit: int


class FoundLog(msgspec.Struct, frozen=True, array_like=True):
    """One log and its place in its shard block."""

    epoch: int
    transaction_index: int
    log_index: int
    transaction_hash: bytes
    recipient: bytes
    topics: list[bytes]
    data: bytes


class LogsAnswer(Query, frozen=True):
    """Logs in order of epoch and index."""

    logs: list[FoundLog]


class ReadSize(AtShard, frozen=True):
    """About how many bytes a shard's database has on disk: Number."""


# --- to the master


class Follow(Query, frozen=True):
    """Send the head and who is where, now and whenever they change: Nothing.

    They come as the notices RootCommitted and TopologyChanged.
    """


class RootCommitted(Query, frozen=True):
    """A root block was committed."""

    block: bytes


class TopologyChanged(Query, frozen=True):
    """Who is where, from now on: an encoded `root.topology.Topology`.

    Slaves hear it before anything else, and before a block that splits the shards; so do gateways.
    """

    topology: bytes


class ReadRootBlock(Query, frozen=True):
    """The root block with a number or, if that is None, with a hash: Encoded or Nothing."""

    number: int | None
    hash: bytes


class Locate(Query, frozen=True):
    """Where recipients live: Located."""

    recipients: list[bytes]


class Location(NamedTuple):
    """Where a recipient lives, as the directory knows it."""

    shard_key: ShardKey
    is_contract: bool
    """Whether code is registered there; else the key is the one that an account has."""


class Located(Query, frozen=True):
    """One location a recipient."""

    locations: list[Location]


class Reshard(Query, frozen=True):
    """Split every shard, so that there are so many: Resharded, or Rejected and nothing has changed."""

    shard_count: int


class MakeReady(Query, frozen=True):
    """To a slave: its shards are to be split, so make that quick: Nothing."""


class Resharded(Query, frozen=True):
    """The root block after which there are so many shards."""

    epoch: int
    shard_count: int


KeyQuestion = (
    ReadPendingNonce | ReadAccount | ReadCode | ReadStorage | Prove | ReadOnlyCall | EstimateGas
)
ShardQuestion = KeyQuestion | ReadTransaction | ReadBlock | ReadReceipts | ReadLogs | ReadSize

QueryMessage = (
    Nothing
    | Encoded
    | EncodedList
    | Number
    | Words
    | Admit
    | Admitted
    | FindTransaction
    | Search
    | FindStatus
    | StatusSearch
    | CommittedTransaction
    | ShardQuestion
    | ProofAnswer
    | CallAnswer
    | LogsAnswer
    | ReadSize
    | Follow
    | RootCommitted
    | TopologyChanged
    | ReadRootBlock
    | Locate
    | Located
    | Reshard
    | MakeReady
    | Resharded
)
