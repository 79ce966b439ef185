"""Block headers in Ethereum's Prague format: 21 fields, hash = keccak256(rlp(header)).

Tools recompute block hashes, so every field that Ethereum has is there, in its order. Some mean nothing
here and are constant: there are no ommers, no proof of work, no withdrawals, no blobs and no requests
(EIP-4399, 4895, 4844, 7685). `parent_beacon_block_root` (EIP-4788) is put to use: a shard block names the
root block before it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from quarkparsec.chain.bloom import BLOOM_BYTES
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.types import RECIPIENT_BYTES, Epoch, Gas, Hash32, Recipient, Wei

EMPTY_REQUESTS_HASH: Final = Hash32(sha256(b"").digest())
"""The commitment to no requests at all (EIP-7685)."""

ZERO_HASH: Final = Hash32(bytes(32))

_FIELDS: Final = 21
_NONCE_BYTES: Final = 8


@dataclass(frozen=True, kw_only=True)
class Header:
    """One header of a shard or root block; the constant fields have their defaults."""

    parent_hash: Hash32
    ommers_hash: Hash32 = EMPTY_OMMERS_HASH
    coinbase: Recipient
    state_root: Hash32
    transactions_root: Hash32
    receipts_root: Hash32
    logs_bloom: bytes
    difficulty: int = 0
    number: Epoch
    gas_limit: Gas
    gas_used: Gas
    timestamp: int
    """Seconds since 1970."""
    extra_data: bytes = b""
    prevrandao: Hash32
    """The epoch's seed; Ethereum's mixHash."""
    nonce: bytes = bytes(_NONCE_BYTES)
    base_fee: Wei
    withdrawals_root: Hash32 = EMPTY_TRIE_ROOT
    blob_gas_used: int = 0
    excess_blob_gas: int = 0
    parent_beacon_block_root: Hash32
    requests_hash: Hash32 = EMPTY_REQUESTS_HASH

    @cached_property
    def hash(self) -> Hash32:
        """The block's hash."""
        return keccak(self.encode())

    def encode(self) -> bytes:
        """The RLP of the 21 fields in Ethereum's order."""
        return rlp.wrap_list(
            _encode_hash(self.parent_hash)
            + _encode_hash(self.ommers_hash)
            + b"\x94"
            + self.coinbase
            + _encode_hash(self.state_root)
            + _encode_hash(self.transactions_root)
            + _encode_hash(self.receipts_root)
            + rlp.encode_bytes(self.logs_bloom)
            + rlp.encode_scalar(self.difficulty)
            + rlp.encode_scalar(self.number)
            + rlp.encode_scalar(self.gas_limit)
            + rlp.encode_scalar(self.gas_used)
            + rlp.encode_scalar(self.timestamp)
            + rlp.encode_bytes(self.extra_data)
            + _encode_hash(self.prevrandao)
            + rlp.encode_bytes(self.nonce)
            + rlp.encode_scalar(self.base_fee)
            + _encode_hash(self.withdrawals_root)
            + rlp.encode_scalar(self.blob_gas_used)
            + rlp.encode_scalar(self.excess_blob_gas)
            + _encode_hash(self.parent_beacon_block_root)
            + _encode_hash(self.requests_hash)
        )

    @classmethod
    def decode(cls, encoded: bytes) -> Header:
        """Read what `encode` wrote. Raises InvalidInput for anything else."""
        return cls.from_item(rlp.decode_list(encoded))

    @classmethod
    def from_item(cls, item: rlp.Item) -> Header:
        """Read a decoded header. Raises InvalidInput."""
        if not isinstance(item, list) or len(item) != _FIELDS:
            raise InvalidInput("a header has 21 fields")
        return cls(
            parent_hash=_hash(item[0]),
            ommers_hash=_hash(item[1]),
            coinbase=Recipient(_fixed(item[2], RECIPIENT_BYTES)),
            state_root=_hash(item[3]),
            transactions_root=_hash(item[4]),
            receipts_root=_hash(item[5]),
            logs_bloom=_fixed(item[6], BLOOM_BYTES),
            difficulty=rlp.scalar(item[7]),
            number=Epoch(rlp.scalar(item[8], bits=64)),
            gas_limit=Gas(rlp.scalar(item[9], bits=64)),
            gas_used=Gas(rlp.scalar(item[10], bits=64)),
            timestamp=rlp.scalar(item[11], bits=64),
            extra_data=_bytes(item[12]),
            prevrandao=_hash(item[13]),
            nonce=_fixed(item[14], _NONCE_BYTES),
            base_fee=Wei(rlp.scalar(item[15])),
            withdrawals_root=_hash(item[16]),
            blob_gas_used=rlp.scalar(item[17], bits=64),
            excess_blob_gas=rlp.scalar(item[18], bits=64),
            parent_beacon_block_root=_hash(item[19]),
            requests_hash=_hash(item[20]),
        )


def _encode_hash(value: Hash32) -> bytes:
    return b"\xa0" + value


def _bytes(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise InvalidInput("a header's fields are byte strings")
    return item


def _fixed(item: rlp.Item, size: int) -> bytes:
    value = _bytes(item)
    if len(value) != size:
        raise InvalidInput(f"a header field has {len(value)} bytes instead of {size}")
    return value


def _hash(item: rlp.Item) -> Hash32:
    return Hash32(_fixed(item, 32))
