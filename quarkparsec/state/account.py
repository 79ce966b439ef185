"""An account as the state trie holds it: Ethereum's four fields and the shard key.

    rlp([nonce, balance, storage root, code hash, shard key])

The fifth field is what makes an entry *own* or *foreign* in a shard (DESIGN: an entry is own in shard s
iff shard key mod shard count = s). It is set when the entry is created; only the creation of a contract
at an entry without code sets it again, so that nobody can fix the key of somebody's future contract.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Hash32, Nonce, Recipient, ShardKey, Wei

DELEGATION_PREFIX: Final = b"\xef\x01\x00"
"""Code that starts so, 23 bytes long, points to the code of another account (EIP-7702)."""


class Account(NamedTuple):
    """One entry of the state, immutable."""

    nonce: Nonce
    balance: Wei
    storage_root: Hash32
    code_hash: Hash32
    shard_key: ShardKey

    @property
    def has_code(self) -> bool:
        return self.code_hash != EMPTY_HASH

    @property
    def is_taken(self) -> bool:
        """Whether no contract can be created here any more (EIP-684, EIP-7610)."""
        return bool(self.nonce) or self.has_code or self.storage_root != EMPTY_TRIE_ROOT

    def encode(self) -> bytes:
        """The RLP that the state trie commits to."""
        return rlp.wrap_list(
            rlp.encode_scalar(self.nonce)
            + rlp.encode_scalar(self.balance)
            + b"\xa0"
            + self.storage_root
            + b"\xa0"
            + self.code_hash
            + rlp.encode_scalar(self.shard_key)
        )

    @classmethod
    def decode(cls, encoded: bytes) -> Account:
        """Read what `encode` wrote. Raises InvalidInput for anything else."""
        fields = rlp.decode_list(encoded)
        if len(fields) != 5:
            raise InvalidInput("an account has five fields")
        nonce, balance, storage_root, code_hash, shard_key = fields
        if not (isinstance(storage_root, bytes) and isinstance(code_hash, bytes)):
            raise InvalidInput("an account's hashes are byte strings")
        if len(storage_root) != 32 or len(code_hash) != 32:
            raise InvalidInput("an account's hashes have 32 bytes")
        return cls(
            Nonce(rlp.scalar(nonce, bits=64)),
            Wei(rlp.scalar(balance)),
            Hash32(storage_root),
            Hash32(code_hash),
            ShardKey(rlp.scalar(shard_key, bits=32)),
        )


def delegate_of(code: bytes) -> Recipient | None:
    """The recipient whose code runs for a delegated account, or None (EIP-7702)."""
    if len(code) == 23 and code[:3] == DELEGATION_PREFIX:
        return Recipient(code[3:])
    return None
