"""Keys and signed transactions, made fast: straight on libsecp256k1, on every core."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final, NamedTuple

from coincurve import PrivateKey

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Hash32, Recipient

DYNAMIC_FEE: Final = b"\x02"
"""EIP-1559's transaction type."""

CREATION: Final = b""
"""The `to` of a transaction that creates a contract."""

SIGNED_BY_ONE_PROCESS_MAX: Final = 4_000
"""0.3 s of signatures: starting processes takes about as long."""


class Unsigned(NamedTuple):
    """An EIP-1559 transaction before it is signed; amounts in wei."""

    chain_id: int
    nonce: int
    tip: int
    fee_cap: int
    gas_limit: int
    to: bytes
    value: int
    data: bytes = b""


class Signed(NamedTuple):
    """A transaction as it goes over the wire."""

    raw: bytes
    hash: Hash32


class Wallet:
    """A private key of 32 bytes and the account it signs for."""

    def __init__(self, private_key: bytes) -> None:
        self.private_key: Final = private_key
        self._key: Final = PrivateKey(private_key)
        public_key = self._key.public_key.format(compressed=False)
        self.recipient: Final = Recipient(keccak(public_key[1:])[12:])

    def sign(self, unsigned: Unsigned) -> Signed:
        """Sign with libsecp256k1, whose signatures are deterministic and have a low s."""
        fields = _encode_fields(unsigned)
        digest = keccak(DYNAMIC_FEE + rlp.encode_sequence(fields))
        signature = self._key.sign_recoverable(digest, hasher=None)
        fields += [
            rlp.encode_scalar(signature[64]),
            rlp.encode_scalar(int.from_bytes(signature[:32], "big")),
            rlp.encode_scalar(int.from_bytes(signature[32:64], "big")),
        ]
        raw = DYNAMIC_FEE + rlp.encode_sequence(fields)
        return Signed(raw, keccak(raw))


def wallets(seed: bytes) -> Iterator[Wallet]:
    """An endless series of fresh wallets; the same seed gives the same series."""
    number = 0
    while True:
        yield Wallet(keccak(seed + number.to_bytes(8, "big")))
        number += 1


def created_address(creator: Recipient, nonce: int) -> Recipient:
    """Where a creation transaction puts its contract (Yellow Paper, section 7)."""
    encoded = rlp.encode_sequence([rlp.encode_bytes(creator), rlp.encode_scalar(nonce)])
    return Recipient(keccak(encoded)[12:])


def sign_all(jobs: Sequence[tuple[Wallet, Sequence[Unsigned]]]) -> list[list[Signed]]:
    """Sign each wallet's transactions; many of them on every core of the machine."""
    plain = [(wallet.private_key, list(transactions)) for wallet, transactions in jobs]
    count = sum(len(transactions) for _, transactions in plain)
    processes = os.cpu_count() or 1
    if count <= SIGNED_BY_ONE_PROCESS_MAX or processes == 1:
        return [_sign_job(job) for job in plain]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        return list(executor.map(_sign_job, plain, chunksize=len(plain) // (4 * processes) + 1))


def _sign_job(job: tuple[bytes, list[Unsigned]]) -> list[Signed]:
    private_key, transactions = job
    wallet = Wallet(private_key)
    return [wallet.sign(unsigned) for unsigned in transactions]


def _encode_fields(unsigned: Unsigned) -> list[bytes]:
    return [
        rlp.encode_scalar(unsigned.chain_id),
        rlp.encode_scalar(unsigned.nonce),
        rlp.encode_scalar(unsigned.tip),
        rlp.encode_scalar(unsigned.fee_cap),
        rlp.encode_scalar(unsigned.gas_limit),
        rlp.encode_bytes(unsigned.to),
        rlp.encode_scalar(unsigned.value),
        rlp.encode_bytes(unsigned.data),
        rlp.encode_sequence([]),
    ]
