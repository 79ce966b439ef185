"""Merkle proofs as clients see them: execution-apis' AccountProof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT
from quarkparsec.jsonrpc.arguments.proof_keys import ProofKey
from quarkparsec.jsonrpc.node import AccountProof
from quarkparsec.types import Recipient


def proof_view(
    recipient: Recipient, keys: Sequence[ProofKey], proof: AccountProof
) -> dict[str, Any]:
    """A proof of an account and of some of its slots; of their absence where they're absent."""
    account = proof.account
    return {
        "address": data(recipient),
        "accountProof": [data(node) for node in proof.nodes],
        "balance": quantity(account.balance if account else 0),
        "nonce": quantity(account.nonce if account else 0),
        "codeHash": data(account.code_hash if account else EMPTY_HASH),
        "storageHash": data(account.storage_root if account else EMPTY_TRIE_ROOT),
        "storageProof": [
            {
                "key": key.shown,
                "value": quantity(slot.value),
                "proof": [data(node) for node in slot.nodes],
            }
            for key, slot in zip(keys, proof.slots, strict=True)
        ],
    }
