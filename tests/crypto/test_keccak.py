"""Keccak-256: the published vectors, and the constants that follow from it."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT, keccak


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"transfer(address,uint256)", "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b"),
    ],
)  # fmt: skip
def test_it_is_keccak_and_not_sha3(data: bytes, digest: str) -> None:
    assert keccak(data).hex() == digest


def test_the_constants_are_ethereums() -> None:
    assert keccak(b"") == EMPTY_HASH
    assert EMPTY_TRIE_ROOT.hex() == (
        "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    )
    assert EMPTY_OMMERS_HASH.hex() == (
        "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    )
