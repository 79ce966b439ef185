"""Transactions of anybody: a shard believes who the sender is, so accounts can be wherever a test wants them."""

from __future__ import annotations

from typing import NamedTuple

from coincurve import PrivateKey

from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.transaction import (
    DYNAMIC_FEE,
    NATIVE,
    SET_CODE,
    Transaction,
    decode_transaction,
)
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Recipient, ShardKey

CHAIN_ID = 20803
TIP = 3
GAS = 500_000


class Signer:
    """An account whose owner can sign what recovers it: authorizations."""

    def __init__(self, name: str) -> None:
        self._key = PrivateKey(keccak(name.encode()))
        public = self._key.public_key.format(compressed=False)
        self.recipient = Recipient(keccak(public[1:])[12:])

    def authorize(self, delegate: Recipient, nonce: int, key: ShardKey | None = None) -> rlp.Item:
        """Let the account run the delegate's code (EIP-7702)."""
        chain_id = CHAIN_ID if key is None else key_chain_id(CHAIN_ID, key)
        fields: list[rlp.Item] = [rlp.scalar_bytes(chain_id), delegate, rlp.scalar_bytes(nonce)]
        signature = self._key.sign_recoverable(keccak(b"\x05" + rlp.encode(fields)), hasher=None)
        r, s = signature[:32].lstrip(b"\0"), signature[32:64].lstrip(b"\0")
        return [*fields, rlp.scalar_bytes(signature[64]), r, s]


class Wish(NamedTuple):
    """What somebody wants to send; the nonce is known when it is sent."""

    sender: Recipient
    to: Recipient | None
    value: int = 0
    data: bytes = b""
    key: ShardKey | None = None
    """An explicit key of both sides."""
    to_key: ShardKey | None = None
    """Another one of the target (type 0x51)."""
    frame_key: ShardKey | None = None
    """What a gateway takes an access list for."""
    authorizations: tuple[rlp.Item, ...] = ()

    def sign(self, nonce: int) -> Transaction:
        """The transaction."""
        is_native = self.key is not None and self.to_key is not None
        chain_id = CHAIN_ID
        if self.key is not None and not is_native:
            chain_id = key_chain_id(CHAIN_ID, self.key)
        head = [chain_id, nonce, TIP, 100, GAS]
        kind = SET_CODE if self.authorizations else DYNAMIC_FEE
        if self.key is not None and self.to_key is not None:
            kind, head = NATIVE, [*head, self.key, self.to_key]
        fields: list[rlp.Item] = [
            *map(rlp.scalar_bytes, head),
            self.to or b"",
            rlp.scalar_bytes(self.value),
            self.data,
            [],
        ]
        if self.authorizations:
            fields.append(list(self.authorizations))
        # The sender stands where a signature would: two senders' transactions must differ.
        signature: list[rlp.Item] = [b"", self.sender.lstrip(b"\0"), b"\x01"]
        return decode_transaction(bytes((kind,)) + rlp.encode([*fields, *signature]), self.sender)
