"""One point and a pairing against the library that loads the whole ceremony."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import ckzg
import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.precompiles import kzg

G1_POINTS = 4096
INFINITY = b"\xc0" + bytes(47)
FIELDS = {"z": 32, "y": 64, "commitment": 96, "proof": 144}


def ceremony() -> Any:
    return files("eth").joinpath("_utils", "kzg_trusted_setup.txt")


@cache
def setup() -> Any:
    return ckzg.load_trusted_setup(str(ceremony()), 0)


@cache
def opened(value: int) -> bytes:
    """A true opening of the blob that holds `value` at its end."""
    blob = bytes(131_071) + bytes((value,))
    commitment = ckzg.blob_to_kzg_commitment(blob, setup())
    z = (5).to_bytes(32, "big")
    proof, y = ckzg.compute_kzg_proof(blob, z, setup())
    return encode(z, y, commitment, proof)


def encode(z: bytes, y: bytes, commitment: bytes, proof: bytes) -> bytes:
    versioned_hash = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    return b"".join([versioned_hash, z, y, commitment, proof])


def library_says(data: bytes) -> bool:
    try:
        verdict: bool = ckzg.verify_kzg_proof(
            data[96:144], data[32:64], data[64:96], data[144:], setup()
        )
    except RuntimeError:
        return False
    return verdict


def we_say(data: bytes) -> bool:
    try:
        kzg.run(data)
    except InvalidInput:
        return False
    return True


def test_the_ceremonys_point_is_the_one_in_its_file() -> None:
    words = ceremony().read_text().split()
    assert words[:2] == [str(G1_POINTS), "65"]
    assert bytes.fromhex(words[2 + G1_POINTS + 1]) == kzg.SECRET_ON_G2


@pytest.mark.parametrize("value", [0, 7])
def test_a_true_opening_is_answered_with_two_constants(value: int) -> None:
    assert library_says(opened(value))
    output = kzg.run(opened(value))
    assert (output[:32], output[32:]) == (
        (4096).to_bytes(32, "big"),
        kzg.BLS_MODULUS.to_bytes(32, "big"),
    )


@pytest.mark.parametrize("field", FIELDS)
def test_a_changed_byte_spoils_an_opening_as_in_the_library(field: str) -> None:
    true = opened(7)
    for offset in (0, 1, 31):
        for flip in (1, 0x20, 0x40, 0x80):
            changed = bytearray(true)
            changed[FIELDS[field] + offset] ^= flip
            data = bytes(changed)
            spoiled = encode(data[32:64], data[64:96], data[96:144], data[144:])
            assert not we_say(spoiled)
            assert not library_says(spoiled)


def test_scalars_are_reduced_and_points_may_be_infinity() -> None:
    zero, large = bytes(32), kzg.BLS_MODULUS.to_bytes(32, "big")
    at_infinity = encode(zero, zero, INFINITY, INFINITY)
    assert we_say(at_infinity)
    assert library_says(at_infinity)
    for data in (encode(large, zero, INFINITY, INFINITY), encode(zero, large, INFINITY, INFINITY)):
        assert not we_say(data)
        assert not library_says(data)


def test_a_commitment_must_match_its_versioned_hash() -> None:
    with pytest.raises(InvalidInput, match="mismatched versioned hash"):
        kzg.run(b"\x02" + opened(7)[1:])


def test_an_inputs_length_is_fixed() -> None:
    with pytest.raises(InvalidInput, match="invalid input length"):
        kzg.run(opened(7) + b"\x00")
