"""Which precompiled contract is where, by fork."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from quarkparsec.runners.evm.call_data import CallData
from quarkparsec.runners.evm.precompiles import (
    alt_bn128,
    blake2f,
    bls12_381,
    ecrecover,
    kzg,
    modexp,
)
from quarkparsec.runners.evm.rules import Precompile
from quarkparsec.types import Recipient


def _per_word(base: int, word: int) -> Callable[[CallData], int]:
    return lambda data: base + word * ((len(data) + 31) // 32)


def _constant(price: int) -> Callable[[CallData], int]:
    return lambda _: price


def _sha256(data: CallData) -> bytes:
    return hashlib.sha256(data[:]).digest()


def _ripemd160(data: CallData) -> bytes:
    return hashlib.new("ripemd160", data[:]).digest().rjust(32, b"\x00")


def _identity(data: CallData) -> bytes:
    return data[:]


def _at(number: int) -> Recipient:
    return Recipient(number.to_bytes(20, "big"))


CANCUN: Final[Mapping[Recipient, Precompile]] = {
    _at(0x01): Precompile(_constant(3000), ecrecover.run),
    _at(0x02): Precompile(_per_word(60, 12), _sha256),
    _at(0x03): Precompile(_per_word(600, 120), _ripemd160),
    _at(0x04): Precompile(_per_word(15, 3), _identity),
    _at(0x05): Precompile(modexp.gas, modexp.run),
    _at(0x06): Precompile(_constant(150), alt_bn128.add),
    _at(0x07): Precompile(_constant(6000), alt_bn128.multiply),
    _at(0x08): Precompile(alt_bn128.pairing_gas, alt_bn128.pairing),
    _at(0x09): Precompile(blake2f.gas, blake2f.run),
    _at(0x0A): Precompile(_constant(50_000), kzg.run),
}

PRAGUE: Final[Mapping[Recipient, Precompile]] = {
    **CANCUN,
    _at(0x0B): Precompile(_constant(375), bls12_381.g1_add),
    _at(0x0C): Precompile(bls12_381.g1_msm_gas, bls12_381.g1_msm),
    _at(0x0D): Precompile(_constant(600), bls12_381.g2_add),
    _at(0x0E): Precompile(bls12_381.g2_msm_gas, bls12_381.g2_msm),
    _at(0x0F): Precompile(bls12_381.pairing_gas, bls12_381.pairing),
    _at(0x10): Precompile(_constant(5500), bls12_381.map_fp_to_g1),
    _at(0x11): Precompile(_constant(23_800), bls12_381.map_fp2_to_g2),
}
