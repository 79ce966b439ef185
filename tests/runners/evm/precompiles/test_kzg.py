"""One true proof, and what is wrong with others."""

from __future__ import annotations

import hashlib

import ckzg
import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.precompiles import kzg


def proof() -> bytes:
    setup = kzg.trusted_setup()
    blob = bytes(131_071) + b"\x07"
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    z = (5).to_bytes(32, "big")
    opening, y = ckzg.compute_kzg_proof(blob, z, setup)
    versioned = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    return b"".join([versioned, z, y, commitment, opening])


def test_a_true_proof_is_answered_with_the_fields_constants() -> None:
    output = kzg.run(proof())
    assert int.from_bytes(output[:32], "big") == 4096
    assert int.from_bytes(output[32:], "big") % 2**32 == 1


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (0, "mismatched versioned hash"),
        (63, "can't verify opening proof"),
        (145, "error verifying kzg proof"),
    ],
)
def test_a_changed_byte_spoils_a_proof(position: int, words: str) -> None:
    data = bytearray(proof())
    data[position] ^= 1
    with pytest.raises(InvalidInput, match=words):
        kzg.run(bytes(data))


def test_a_proofs_length_is_fixed() -> None:
    with pytest.raises(InvalidInput, match="invalid input length"):
        kzg.run(proof() + b"\x00")


def test_the_trusted_setup_is_loaded_once() -> None:
    assert kzg.trusted_setup() is kzg.trusted_setup()
