"""Signed transactions: what their bytes say, and whether they can be valid at all.

    type 0   rlp([nonce, gas price, gas limit, to, value, data, v, r, s])            EIP-155 only
    type 1   01 ‖ rlp([chain id, nonce, gas price, …, access list, parity, r, s])    EIP-2930
    type 2   02 ‖ rlp([chain id, nonce, tip, fee cap, …, access list, parity, r, s]) EIP-1559
    type 4   04 ‖ the same with an authorization list before the signature           EIP-7702
    native   51 ‖ rlp([chain id, nonce, tip, fee cap, gas limit, from key, to key, to, …])

A *native* transaction names both shard keys, the sender's and the target's; otherwise it is as type 2. The
other types name a key, the same for both sides, when they are signed for that key's own chain id
(`chain_ids`). Those two are *explicit*; any other leaves it to the cluster where accounts live.

Blob transactions (type 3) are refused: there is no data availability layer to put blobs on.

`decode_transaction` is the only way in. What it returns has one encoding, one signature and one hash,
and passes every rule that needs no state: widths of numbers (EIP-1559, EIP-2681), `to` of 0 or 20 bytes,
tip ≤ fee cap, low s (EIP-2), replay protection (EIP-155), init code size (EIP-3860), gas × price + value
below 2^256. Whether the chain id is ours, the gas enough and the sender rich is for others to say.

Malformed bytes are InvalidInput. Well-formed transactions that break a rule are Rejected, in geth's words
where it has some, because wallets look for them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.chain.access_list import AccessList, decode_access_list
from quarkparsec.chain.authorization import Authorization, decode_authorizations
from quarkparsec.chain.chain_ids import is_cluster_chain_id, split_chain_id
from quarkparsec.chain.signing import legacy_signing_hash, split_legacy_v, typed_signing_hash
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import check_signature, recover
from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.limits import INITCODE_BYTES_MAX, NONCE_MAX, TRANSACTION_BYTES_MAX
from quarkparsec.types import RECIPIENT_BYTES, Hash32, Recipient, ShardKey, home_key

LEGACY: Final = 0
ACCESS_LIST: Final = 1
DYNAMIC_FEE: Final = 2
BLOB: Final = 3
SET_CODE: Final = 4
NATIVE: Final = 0x51

_LEGACY_FIELDS: Final = 9
_TYPED_FIELDS: Final = {ACCESS_LIST: 11, DYNAMIC_FEE: 12, SET_CODE: 13, NATIVE: 14}


class Transaction(NamedTuple):
    """A decoded transaction. Amounts are in wei; types 0 and 1 have their gas price in both fee fields."""

    type: int
    chain_id: int
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas_limit: int
    to: Recipient | None
    """None creates a contract."""
    value: int
    data: bytes
    access_list: AccessList
    authorizations: tuple[Authorization, ...]
    parity: int
    r: int
    s: int
    sender: Recipient
    hash: Hash32
    raw: bytes
    from_key: ShardKey | None = None
    """The shard key that the sender signed for; None: its home."""
    to_key: ShardKey | None = None
    """The shard key of the target, or of what is created; None: the cluster knows."""

    @property
    def origin_key(self) -> ShardKey:
        """The shard key of the account that pays."""
        return home_key(self.sender) if self.from_key is None else self.from_key


class UnsupportedType(Rejected):
    """The transaction is of a type that this chain doesn't have."""


def decode_transaction(raw: bytes, sender: Recipient | None = None) -> Transaction:
    """Read a signed transaction; recover who signed it unless a trusted peer says so by `sender`.

    Raises InvalidInput or Rejected, whatever the bytes.
    """
    if not raw:
        raise InvalidInput("typed transaction too short")
    if len(raw) > TRANSACTION_BYTES_MAX:
        raise Rejected(
            f"oversized data: transaction size {len(raw)}, limit {TRANSACTION_BYTES_MAX}"
        )
    kind = raw[0]
    if kind >= 0xC0:
        transaction = _decode_legacy(raw, sender)
    elif kind in _TYPED_FIELDS:
        transaction = _decode_typed(kind, raw, sender)
    elif kind == BLOB:
        raise UnsupportedType("transaction type not supported: blob transactions")
    else:
        raise UnsupportedType("transaction type not supported")
    _check_rules(transaction)
    return transaction


def _decode_legacy(raw: bytes, sender: Recipient | None) -> Transaction:
    fields = rlp.decode_list(raw)
    if len(fields) != _LEGACY_FIELDS:
        raise InvalidInput("rlp: a legacy transaction has nine fields")
    nonce, price_item, gas_limit, to, value, data, v, r_item, s_item = fields
    chain_id, parity = _read_v(v)
    r, s = rlp.scalar(r_item), rlp.scalar(s_item)
    check_signature(parity, r, s)
    if sender is None:
        sender = recover(legacy_signing_hash(raw, chain_id, parity, r, s), parity, r, s)
    price = rlp.scalar(price_item)
    _, key = split_chain_id(chain_id)
    return Transaction(
        LEGACY,
        chain_id,
        rlp.scalar(nonce, bits=64),
        price,
        price,
        rlp.scalar(gas_limit, bits=64),
        _read_to(to),
        rlp.scalar(value),
        _read_data(data),
        (),
        (),
        parity,
        r,
        s,
        sender,
        keccak(raw),
        raw,
        key,
        key,
    )


def _decode_typed(kind: int, raw: bytes, sender: Recipient | None) -> Transaction:
    fields = rlp.decode_list(raw, 1)
    if len(fields) != _TYPED_FIELDS[kind]:
        raise InvalidInput(f"rlp: a type {kind} transaction has {_TYPED_FIELDS[kind]} fields")
    if kind == ACCESS_LIST:
        fields.insert(2, fields[2])  # one gas price is both tip and fee cap
    authorizations = decode_authorizations(fields.pop(9)) if kind == SET_CODE else ()
    chain_id = rlp.scalar(fields.pop(0), bits=64)
    from_key, to_key = _read_keys(kind, chain_id, fields)
    nonce, tip, fee_cap, gas_limit, to, value, data, accessed, *signature = fields
    parity = rlp.scalar(signature[0], bits=8)
    r, s = rlp.scalar(signature[1]), rlp.scalar(signature[2])
    check_signature(parity, r, s)
    if sender is None:
        sender = recover(typed_signing_hash(raw, parity, r, s), parity, r, s)
    return Transaction(
        kind,
        chain_id,
        rlp.scalar(nonce, bits=64),
        rlp.scalar(tip),
        rlp.scalar(fee_cap),
        rlp.scalar(gas_limit, bits=64),
        _read_to(to),
        rlp.scalar(value),
        _read_data(data),
        decode_access_list(accessed),
        authorizations,
        parity,
        r,
        s,
        sender,
        keccak(raw),
        raw,
        from_key,
        to_key,
    )


def _read_keys(
    kind: int, chain_id: int, fields: list[rlp.Item]
) -> tuple[ShardKey | None, ShardKey | None]:
    """Where sender and target live, if that was signed; takes a native one's keys out of `fields`."""
    if kind != NATIVE:
        _, key = split_chain_id(chain_id)
        return key, key
    if not is_cluster_chain_id(chain_id):
        raise Rejected(f"invalid chain id for signer: {chain_id} is not a cluster's")
    from_key, to_key = fields.pop(4), fields.pop(4)
    return ShardKey(rlp.scalar(from_key, bits=32)), ShardKey(rlp.scalar(to_key, bits=32))


def _read_v(item: rlp.Item) -> tuple[int, int]:
    """Chain id and parity of a legacy signature."""
    v = rlp.scalar(item, bits=72)
    if v in (27, 28):
        raise Rejected("only replay-protected (EIP-155) transactions allowed over RPC")
    if v < 35:
        raise InvalidInput("invalid transaction v, r, s values")
    return split_legacy_v(v)


def _read_to(item: rlp.Item) -> Recipient | None:
    if not isinstance(item, bytes) or len(item) not in (0, RECIPIENT_BYTES):
        raise InvalidInput("rlp: a destination has 0 or 20 bytes")
    return Recipient(item) if item else None


def _read_data(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise InvalidInput("rlp: expected bytes of data, found a list")
    return item


def _check_rules(transaction: Transaction) -> None:
    """Raise Rejected if no state could make the transaction valid."""
    if transaction.nonce > NONCE_MAX:
        raise Rejected(f"nonce has max value: {transaction.nonce}")
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        raise Rejected(
            "max priority fee per gas higher than max fee per gas: "
            f"maxPriorityFeePerGas: {transaction.max_priority_fee_per_gas}, "
            f"maxFeePerGas: {transaction.max_fee_per_gas}"
        )
    if (transaction.gas_limit * transaction.max_fee_per_gas + transaction.value) >> 256:
        raise Rejected(
            "insufficient funds for gas * price + value: required balance exceeds 256 bits"
        )
    if transaction.to is None:
        _check_creation(transaction)
    if transaction.type == SET_CODE and not transaction.authorizations:
        raise Rejected("EIP-7702 transaction with empty auth list")


def _check_creation(transaction: Transaction) -> None:
    if transaction.type == SET_CODE:
        raise Rejected("EIP-7702 transaction cannot be used to create contract")
    if len(transaction.data) > INITCODE_BYTES_MAX:
        raise Rejected(
            "max initcode size exceeded: "
            f"code size {len(transaction.data)} limit {INITCODE_BYTES_MAX}"
        )
