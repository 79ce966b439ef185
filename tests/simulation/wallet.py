"""Accounts with keys, and the transactions that they sign (type 2), made once for a whole test run."""

from __future__ import annotations

from functools import cache
from typing import Final

from coincurve import PrivateKey

from quarkparsec.chain.transaction import DYNAMIC_FEE, Transaction, decode_transaction
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Recipient, ShardId, home_key, shard_of

CHAIN_ID: Final = 20803
GWEI: Final = 10**9
FEE_CAP: Final = 100 * GWEI
TIP: Final = 2 * GWEI

BLOCK_HASH_PROBE: Final = bytes.fromhex("600143034060005544600155426002556000600060aa81a100")
"""Init code that stores BLOCKHASH(NUMBER − 1), PREVRANDAO and TIMESTAMP, and leaves a log."""


class Wallet:
    """One account."""

    def __init__(self, name: str) -> None:
        self._key: Final = PrivateKey(keccak(name.encode()))
        public = self._key.public_key.format(compressed=False)
        self.recipient: Final = Recipient(keccak(public[1:])[12:])

    def sign(
        self,
        nonce: int,
        to: Recipient | None,
        value: int = 0,
        data: bytes = b"",
        gas_limit: int = 21_000,
        fee_cap: int = FEE_CAP,
        tip: int = TIP,
        chain_id: int = CHAIN_ID,
    ) -> Transaction:
        """A signed transaction, decoded."""
        scalars = map(rlp.scalar_bytes, (chain_id, nonce, tip, fee_cap, gas_limit))
        fields: list[rlp.Item] = [*scalars, to or b"", rlp.scalar_bytes(value), data, []]
        kind = bytes((DYNAMIC_FEE,))
        signed = keccak(kind + rlp.encode(fields))
        signature = self._key.sign_recoverable(signed, hasher=None)
        parity, r, s = signature[64], signature[:32].lstrip(b"\0"), signature[32:64].lstrip(b"\0")
        raw = kind + rlp.encode([*fields, rlp.scalar_bytes(parity), r, s])
        return decode_transaction(raw, self.recipient)


@cache
def wallets(shard_count: int, for_each: int) -> dict[ShardId, tuple[Wallet, ...]]:
    """So many accounts at home in each shard."""
    found: dict[ShardId, list[Wallet]] = {ShardId(shard): [] for shard in range(shard_count)}
    index = 0
    while min(map(len, found.values())) < for_each:
        wallet = Wallet(f"wallet {index}")
        at_home = found[shard_of(home_key(wallet.recipient), shard_count)]
        if len(at_home) < for_each:
            at_home.append(wallet)
        index += 1
    return {shard: tuple(group) for shard, group in found.items()}
