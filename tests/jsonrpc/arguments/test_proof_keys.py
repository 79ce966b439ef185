"""The storage keys of eth_getProof."""

from __future__ import annotations

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.proof_keys import parse_proof_keys
from quarkparsec.limits import PROOF_SLOTS_MAX

FULL = "0x" + "00" * 31 + "0A"


def test_a_full_key_comes_back_as_data_and_a_short_one_as_a_quantity() -> None:
    full, short = parse_proof_keys([FULL, "0x0a"])
    assert full.slot == short.slot == bytes(31) + b"\x0a"
    assert (full.shown, short.shown) == (FULL.lower(), "0xa")


def test_the_number_of_keys_is_bounded() -> None:
    assert len(parse_proof_keys(["0x0"] * PROOF_SLOTS_MAX)) == PROOF_SLOTS_MAX
    with pytest.raises(InvalidInput, match="too many slots"):
        parse_proof_keys(["0x0"] * (PROOF_SLOTS_MAX + 1))


@pytest.mark.parametrize("value", ["0x0", {}, [0], [None], [["0x0"]]])
def test_keys_are_a_list_of_texts(value: object) -> None:
    with pytest.raises(InvalidInput):
        parse_proof_keys(value)
