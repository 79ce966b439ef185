"""What gateways ask of slaves and of the master, and what comes back.

Accounts, blocks, receipts and transactions travel in the encodings that they are stored in; whoever asked
decodes them. An epoch of None means the last committed one. With a `key`, state is answered as it is seen
under that shard key (state/foreign.py), else as it is.
"""

from __future__ import annotations

import msgspec


class Query(msgspec.Struct, frozen=True, tag=True):
    """The base of every message in this file."""


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
    """A signed transaction, its recovered sender, and where its `to` lives."""

    shard_id: int
    raw: bytes
    sender: bytes
    to_key: int


class Admit(Query, frozen=True):
    """Put transactions into the pools of their senders' shards."""

    submissions: list[Submission]


class Admitted(Query, frozen=True):
    """One verdict a submission: "" for yes, else the rule's words."""

    verdicts: list[str]


class FindTransaction(Query, frozen=True):
    """Look for a transaction in the blocks and pools of a slave's shards."""

    hash: bytes


class FoundTransaction(Query, frozen=True):
    """Where a transaction is in its shard's blocks. In the pool: epoch 0, and no receipt."""

    shard_id: int
    epoch: int
    index: int
    first_log_index: int
    entry: bytes
    receipt: bytes


class ReadPendingNonce(Query, frozen=True):
    """The nonce after the last executable transaction of an account, pool included."""

    shard_id: int
    recipient: bytes


# --- to a slave: state


class ReadAccount(Query, frozen=True):
    """An account as of an epoch: Encoded or Nothing."""

    shard_id: int
    recipient: bytes
    epoch: int
    key: int | None = None


class ReadCode(Query, frozen=True):
    """An account's code as of an epoch: Encoded."""

    shard_id: int
    recipient: bytes
    epoch: int
    key: int | None = None


class ReadStorage(Query, frozen=True):
    """Words of an account's storage as of an epoch: Words."""

    shard_id: int
    recipient: bytes
    slots: list[bytes]
    epoch: int
    key: int | None = None


class Words(Query, frozen=True):
    """Big-endian numbers, in the order asked."""

    values: list[bytes]


class Prove(Query, frozen=True):
    """An account and slots with their proofs at the shard's head: ProofAnswer."""

    shard_id: int
    recipient: bytes
    slots: list[bytes]


class ProofAnswer(Query, frozen=True):
    """The encoded account ("" for none), its proof, and per slot its value and proof."""

    account: bytes
    account_proof: list[bytes]
    slots: list[tuple[bytes, list[bytes]]]


# --- to a slave: execution without effect


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
    key: int | None = None
    """The shard key that the sender acts under; None: the cluster decides."""


class Surroundings(msgspec.Struct, frozen=True, array_like=True):
    """What a call sees of the root block that it runs upon."""

    epoch: int
    timestamp: int
    base_fee: bytes
    prevrandao: bytes


class ReadOnlyCall(Query, frozen=True):
    """Run a call on the state as of an epoch and forget it: CallAnswer."""

    shard_id: int
    call: UnsignedCall
    upon: Surroundings


class EstimateGas(Query, frozen=True):
    """The least gas limit with which a call succeeds: CallAnswer, the gas in `gas_used`."""

    shard_id: int
    call: UnsignedCall
    upon: Surroundings


class CallAnswer(Query, frozen=True):
    """What a call returned; `error` is "" for success."""

    output: bytes
    gas_used: int
    error: str


# --- to a slave: blocks


class ReadBlock(Query, frozen=True):
    """A shard's block of an epoch: Encoded or Nothing."""

    shard_id: int
    epoch: int


class ReadReceipts(Query, frozen=True):
    """The receipts of a shard's block: EncodedList or Nothing."""

    shard_id: int
    epoch: int


class EncodedList(Query, frozen=True):
    """Encoded values, in order."""

    values: list[bytes]


class ReadLogs(Query, frozen=True):
    """Logs of one shard in a range of epochs, at most `limit`: LogsAnswer."""

    shard_id: int
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


# --- to the master


class Follow(Query, frozen=True):
    """Send the head now and every root block from now on, as notices RootCommitted: Nothing."""


class RootCommitted(Query, frozen=True):
    """A root block was committed."""

    block: bytes


class ReadRootBlock(Query, frozen=True):
    """The root block with a number or, if that is None, with a hash: Encoded or Nothing."""

    number: int | None
    hash: bytes


class Locate(Query, frozen=True):
    """Under which keys recipients live: Located."""

    recipients: list[bytes]


class Located(Query, frozen=True):
    """A shard key a recipient."""

    shard_keys: list[int]


QueryMessage = (
    Nothing
    | Encoded
    | Number
    | Admit
    | Admitted
    | FindTransaction
    | FoundTransaction
    | ReadPendingNonce
    | ReadAccount
    | ReadCode
    | ReadStorage
    | Words
    | Prove
    | ProofAnswer
    | ReadOnlyCall
    | EstimateGas
    | CallAnswer
    | ReadBlock
    | ReadReceipts
    | EncodedList
    | ReadLogs
    | LogsAnswer
    | Follow
    | RootCommitted
    | ReadRootBlock
    | Locate
    | Located
)
