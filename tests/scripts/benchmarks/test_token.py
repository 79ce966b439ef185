"""The token's calls are what its ABI says."""

from __future__ import annotations

import json
from pathlib import Path

import benchmarks.token as token
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.types import Recipient

ARTIFACT = json.loads((Path(token.__file__).parent / "token.json").read_text())
RECIPIENTS = st.binary(min_size=20, max_size=20).map(Recipient)


def _selector(signature: str) -> bytes:
    return bytes.fromhex(ARTIFACT["selectors"][signature][2:])


@given(RECIPIENTS, st.integers(0, 2**256 - 1))
def test_a_transfer_is_encoded_as_the_abi_says(recipient: Recipient, value: int) -> None:
    expected = encode(["address", "uint256"], [recipient, value])
    assert (
        token.transfer_call(recipient, value) == _selector("transfer(address,uint256)") + expected
    )


@given(st.lists(RECIPIENTS, max_size=5), st.integers(0, 2**256 - 1))
def test_minting_is_encoded_as_the_abi_says(holders: list[Recipient], value: int) -> None:
    expected = encode(["address[]", "uint256"], [holders, value])
    assert token.mint_call(holders, value) == _selector("mint(address[],uint256)") + expected
