"""Every bound of the node, each with its reason. A queue, an input or a wait without one is a bug."""

from __future__ import annotations

from typing import Final

# --- the epoch

BLOCK_HASH_WINDOW: Final = 256
"""BLOCKHASH sees this many blocks (Yellow Paper, section H)."""

# --- transactions

TRANSACTION_BYTES_MAX: Final = 131_072
"""One encoded transaction, as geth's pool (txMaxSize)."""

INITCODE_BYTES_MAX: Final = 49_152
"""EIP-3860."""

NONCE_MAX: Final = 2**64 - 2
"""EIP-2681: the nonce after it must still fit 64 bits."""

# --- between processes

HANDSHAKE_FRAME_BYTES_MAX: Final = 256
"""A hello is 75 bytes and a name; nobody may make us hold more before proving who speaks."""

FRAME_BYTES_MAX: Final = 32 * 2**20
"""A block of 30 M gas holds at most 7.5 MB of call data; four times that, for answers with receipts."""

PEER_NAME_BYTES_MAX: Final = 64
"""Names are like "slave-0"."""

CONNECTION_REQUESTS_MAX: Final = 65_536
"""Requests under way on one connection: more wait at their caller."""

CONNECTION_BUFFER_BYTES_MAX: Final = 64 * 2**20
"""Unsent bytes on one connection; a peer that doesn't read is cut off."""

HANDSHAKE_TIMEOUT_MS: Final = 5_000
"""From connect to proof."""

REQUEST_TIMEOUT_MS: Final = 10_000
"""A process answers any request sooner, or is taken for lost."""

RECONNECT_DELAY_MS: Final = 200
"""Between two attempts to reach a process that is down: a restart takes about a second."""

# --- processes on one machine

START_TIMEOUT_MS: Final = 60_000
"""From start to every slave connected: seconds, or a replay after a power cut."""

STOP_TIMEOUT_MS: Final = 10_000
"""A child that hasn't gone by then is killed: nothing acknowledged is lost by it."""

RESTART_DELAY_MS_MIN: Final = 100
"""Before a child that lived for long is started again."""

RESTART_DELAY_MS_MAX: Final = 10_000
"""Before one that keeps dying is."""

RESTART_STEADY_MS: Final = 30_000
"""A child that lived so long counts as healthy."""

# --- the gateway

ADMISSION_QUEUE_MAX: Final = 20_000
"""Transactions between their arrival and their shard's verdict: five seconds' worth."""

ADMISSION_BATCH_MAX: Final = 256
"""Handed to a thread at once: 12 ms of sender recovery."""

ADMISSION_THREADS: Final = 2
"""Sender recovery runs outside the interpreter lock; more threads than cores gain nothing."""

ROOT_BLOCK_CACHE_MAX: Final = 1_024
"""Root blocks that a gateway has at hand: what fee histories and log queries mostly ask for."""

LOCATION_CACHE_MAX: Final = 200_000
"""Accounts whose shard key a gateway remembers: about 30 MB."""

SUBMITTED_CACHE_MAX: Final = 200_000
"""Transactions that a gateway knows the shard of: a minute at full load."""

# --- state

TRIE_CACHE_NODES_MAX: Final = 200_000
"""Decoded nodes a shard keeps: about 200 MB, the upper levels of a million accounts."""

ACCOUNT_CACHE_MAX: Final = 200_000
"""Accounts at the head that a shard keeps: about 60 MB."""
