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

# --- the pool of one shard

POOL_TRANSACTIONS_MAX: Final = 16_384
"""Ten full blocks of transfers; geth's pool holds 5 120 + 1 024 for a whole chain."""

POOL_BYTES_MAX: Final = 64 * 2**20
"""What they may weigh together: a pool full of large transactions must not exhaust the process."""

POOL_ACCOUNT_GUARANTEED: Final = 16
"""Transactions of one account that a larger holder's can't push out (geth's AccountSlots)."""

POOL_ACCOUNT_PENDING_MAX: Final = 1_024
"""Executable transactions of one account while there is room: a hundred busy accounts fit ten times over."""

POOL_ACCOUNT_QUEUED_MAX: Final = 256
"""Transactions of one account that wait for an earlier nonce: what parallel requests can shuffle (geth: 64)."""

POOL_LIFETIME_MS: Final = 3 * 3_600_000
"""A transaction that found no block for so long is forgotten (geth's Lifetime)."""

REPLACEMENT_BUMP_PERCENT: Final = 10
"""A replacement raises both fee cap and tip by so much, or relaying replacements would be free (geth's PriceBump)."""

# --- the epoch's clockwork

LANE_BUDGET_MS: Final = 1_000
"""Lane 1 stops taking transactions after so long: gas is not time, and the whole cluster waits for it."""

ANSWER_TIMEOUT_MS: Final = 5_000
"""A shard that leaves the master waiting for longer is left out: five times lane 1's budget."""

RESEND_MS: Final = 1_000
"""What has no answer yet is said again: links lose messages only when they break, so this needn't be quick."""

UNDERPRICED_EPOCH_MS: Final = 1_000
"""While only transactions below the base fee wait, an empty block so often lets the base fee sink to them."""

BLOCK_CANDIDATES_MAX: Final = 8_192
"""Transactions that one block may try: more would not fit LANE_BUDGET_MS."""

# --- searches

LOG_RESULTS_MAX: Final = 10_000
"""Logs that one search returns (the common limit of public providers)."""

# --- the EVM

CALL_DEPTH_MAX: Final = 1024
"""Frames below the outermost one (Yellow Paper, section 8)."""

STACK_WORDS_MAX: Final = 1024
"""Words on one frame's stack (Yellow Paper, section 9.1)."""

CODE_BYTES_MAX: Final = 24_576
"""EIP-170."""

CONTRACT_NONCE_MAX: Final = 2**64 - 1
"""A contract whose nonce stands here creates nothing any more (EIP-2681)."""

ANALYSED_CODES_MAX: Final = 1024
"""Codes whose jump destinations are kept: at most 48 KiB each, so 48 MiB."""
