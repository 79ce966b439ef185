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
