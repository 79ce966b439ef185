"""Signed transactions, made: for tools, since the node signs nothing.

Two kinds are made, both of EIP-1559's fees: the native one, which names the shard keys of sender and target,
and the ordinary one (type 2), which leaves them to the cluster, or to its chain id. `transaction` says what
their bytes mean and which of them are valid.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.transaction import DYNAMIC_FEE, NATIVE
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import sign
from quarkparsec.types import Recipient, ShardKey


class Unsigned(NamedTuple):
    """A transaction before it is signed; amounts in wei."""

    chain_id: int
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas_limit: int
    to: Recipient | None
    """None creates a contract."""
    value: int
    data: bytes = b""
    access_list: AccessList = ()


def sign_dynamic_fee(unsigned: Unsigned, private_key: bytes) -> bytes:
    """The raw type-2 transaction. Raises InvalidInput for a key that is none."""
    numbers, rest = _encode_fields(unsigned)
    return _sign(DYNAMIC_FEE, numbers + rest, private_key)


def sign_native(
    unsigned: Unsigned, from_key: ShardKey, to_key: ShardKey, private_key: bytes
) -> bytes:
    """The raw native transaction; the chain id is the cluster's. Raises InvalidInput for a key that is none."""
    numbers, rest = _encode_fields(unsigned)
    keys = rlp.encode_scalar(from_key) + rlp.encode_scalar(to_key)
    return _sign(NATIVE, numbers + keys + rest, private_key)


def _encode_fields(unsigned: Unsigned) -> tuple[bytes, bytes]:
    """What stands before the shard keys, and after them."""
    numbers = (
        unsigned.chain_id,
        unsigned.nonce,
        unsigned.max_priority_fee_per_gas,
        unsigned.max_fee_per_gas,
        unsigned.gas_limit,
    )
    accessed: list[rlp.Item] = [
        [recipient, list(slots)] for recipient, slots in unsigned.access_list
    ]
    return (
        b"".join(map(rlp.encode_scalar, numbers)),
        rlp.encode_bytes(unsigned.to or b"")
        + rlp.encode_scalar(unsigned.value)
        + rlp.encode_bytes(unsigned.data)
        + rlp.encode(accessed),
    )


def _sign(kind: int, fields: bytes, private_key: bytes) -> bytes:
    """Type ‖ list (EIP-2718), the signature over the list without its last three members."""
    prefix = bytes((kind,))
    signature = sign(keccak(prefix + rlp.wrap_list(fields)), private_key)
    return prefix + rlp.wrap_list(fields + b"".join(map(rlp.encode_scalar, signature)))
