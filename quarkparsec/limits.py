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

# --- the EVM

CALL_DEPTH_MAX: Final = 1024
"""Frames below the outermost one (Yellow Paper, section 8)."""

STACK_WORDS_MAX: Final = 1024
"""Words on one frame's stack (Yellow Paper, section 9.1)."""

CODE_BYTES_MAX: Final = 24_576
"""EIP-170."""

ACCOUNT_NONCE_MAX: Final = 2**64 - 1
"""An account whose nonce stands here signs and creates nothing any more (EIP-2681)."""

ANALYSED_CODES_MAX: Final = 1024
"""Codes whose jump destinations are kept: at most 48 KiB each, so 48 MiB."""
