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

# --- JSON-RPC

RPC_BODY_BYTES_MAX: Final = 1_048_576
"""One request body: four of the largest transactions in hexadecimal, or a batch of 100 large calls."""

RPC_DEPTH_MAX: Final = 32
"""Nested lists and objects of a body; a batch of log queries needs six levels."""

RPC_BATCH_MAX: Final = 100
"""Members of a batch: what ethers puts into one."""

RPC_BATCH_PARALLEL_MAX: Final = 16
"""Members that run at once, so that a batch can't hold more than this many large answers in memory."""

RPC_BATCH_ANSWER_BYTES_MAX: Final = 10_000_000
"""All answers of a batch; what comes after is refused (geth's limit is 25 MB)."""

CALL_GAS_MAX: Final = 50_000_000
"""Gas of one eth_call or eth_estimateGas, as geth's RPCGasCap."""

LOG_RANGE_BLOCKS_MAX: Final = 10_000
"""Blocks that one eth_getLogs looks at; one bloom each."""

LOG_RESULTS_MAX: Final = 10_000
"""Logs in one answer: about 6 MB of JSON."""

LOG_FILTER_ITEMS_MAX: Final = 1_000
"""Recipients, or alternatives for one topic, as geth."""

FEE_HISTORY_BLOCKS_MAX: Final = 1_024
"""Blocks of one eth_feeHistory, as geth; asked for more, it answers about so many."""

FEE_HISTORY_REWARD_BLOCKS_MAX: Final = 128
"""The same when rewards are asked for: every receipt of these blocks is read."""

FEE_HISTORY_PERCENTILES_MAX: Final = 100
"""Percentiles of one eth_feeHistory, as geth."""

PROOF_SLOTS_MAX: Final = 1_024
"""Storage proofs in one eth_getProof, as geth."""

RPC_BUDGET_PER_SECOND: Final = 100_000
"""What one client may spend, in jsonrpc.method.Cost: 1,000 calls, 25,000 transactions or 50,000 balances."""

RPC_BUDGET_MAX: Final = 200_000
"""What a client that was quiet may spend at once."""
