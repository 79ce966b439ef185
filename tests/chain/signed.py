"""Transactions as wallets sign them (eth-account), and their encoding by another codec (pyrlp)."""

from __future__ import annotations

from typing import Any

import rlp
from eth_account import Account
from eth_keys import keys

from quarkparsec.chain.signing import legacy_v
from quarkparsec.chain.transaction import ACCESS_LIST, LEGACY, NATIVE, SET_CODE, Transaction
from quarkparsec.crypto.keccak import keccak

WALLET = Account.from_key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The first account of the well-known test mnemonic."""
SENDER = bytes.fromhex(WALLET.address[2:])
KEY = keys.PrivateKey(bytes(WALLET.key))
CHAIN_ID = 20803
TO = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

_BASE = {
    "chainId": CHAIN_ID,
    "nonce": 7,
    "gas": 50_000,
    "to": TO,
    "value": 10**18,
    "data": b"\x01\x00",
}
_DYNAMIC = {"maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9}
_ACCESSED = [{"address": TO, "storageKeys": ["0x" + "00" * 31 + "05", "0x" + "ff" * 32]}]


def sign(**fields: Any) -> bytes:
    """The raw transaction that a wallet would send."""
    return bytes(WALLET.sign_transaction(_BASE | fields).raw_transaction)


def sign_legacy(**fields: Any) -> bytes:
    return sign(**{"gasPrice": 2 * 10**9} | fields)


def sign_access_list(**fields: Any) -> bytes:
    return sign(**{"type": 1, "gasPrice": 2 * 10**9, "accessList": _ACCESSED} | fields)


def sign_dynamic_fee(**fields: Any) -> bytes:
    return sign(**{"type": 2, "accessList": _ACCESSED} | _DYNAMIC | fields)


def sign_set_code(**fields: Any) -> bytes:
    authorization = WALLET.sign_authorization({"chainId": CHAIN_ID, "address": TO, "nonce": 8})
    listed = {"authorizationList": [authorization]}
    return sign(**{"type": 4, "accessList": _ACCESSED} | _DYNAMIC | listed | fields)


def sign_native(**fields: Any) -> bytes:
    """No wallet signs these: the fields of a dynamic-fee one, and the keys `fromKey` and `toKey`."""
    known = _BASE | _DYNAMIC | {"fromKey": 9, "toKey": 2**32 - 1} | fields
    names = ["chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "fromKey", "toKey"]
    to = known["to"]
    to = bytes.fromhex(to[2:]) if isinstance(to, str) else to
    accessed = [[bytes.fromhex(TO[2:]), [(5).to_bytes(32, "big"), b"\xff" * 32]]]
    body = [to, known["value"], known["data"], accessed]
    return sign_fields(NATIVE, [*(known[name] for name in names), *body])


def sign_fields(kind: int, fields: list[Any]) -> bytes:
    """Sign a typed transaction whose fields no wallet would put together."""
    prefix = bytes((kind,))
    signature = KEY.sign_msg_hash(keccak(prefix + bytes(rlp.encode(fields))))
    return prefix + bytes(rlp.encode([*fields, signature.v, signature.r, signature.s]))


def encode(transaction: Transaction) -> bytes:
    """A transaction from its fields alone."""
    tx = transaction
    head = [tx.nonce, tx.max_priority_fee_per_gas, tx.max_fee_per_gas]
    if tx.type in (LEGACY, ACCESS_LIST):
        head = [tx.nonce, tx.max_fee_per_gas]
    keys = [tx.from_key, tx.to_key] if tx.type == NATIVE else []
    body: list[Any] = [*head, tx.gas_limit, *keys, tx.to or b"", tx.value, tx.data]
    if tx.type == LEGACY:
        return bytes(rlp.encode([*body, legacy_v(tx.chain_id, tx.parity), tx.r, tx.s]))
    body.append(tx.access_list)
    if tx.type == SET_CODE:
        body.append(tx.authorizations)
    fields = [tx.chain_id, *body, tx.parity, tx.r, tx.s]
    return bytes((tx.type,)) + bytes(rlp.encode(fields))
