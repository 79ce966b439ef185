"""The account's encoding, strict both ways."""

from __future__ import annotations

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.crypto.keccak import EMPTY_HASH
from quarkparsec.errors import InvalidInput
from quarkparsec.state.account import DELEGATION_PREFIX, Account, delegate_of
from quarkparsec.types import Hash32, Nonce, ShardKey, Wei
from tests.state.words import new_account

HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
ACCOUNTS = st.builds(
    Account,
    st.integers(0, 2**64 - 1).map(Nonce),
    st.integers(0, 2**256 - 1).map(Wei),
    HASHES,
    HASHES,
    st.integers(0, 2**32 - 1).map(ShardKey),
)


@given(ACCOUNTS)
def test_an_account_reads_back_and_is_ordinary_rlp(account: Account) -> None:
    assert account.encode() == rlp.encode(list(account))
    assert Account.decode(account.encode()) == account


@given(ACCOUNTS, st.data())
def test_an_altered_account_is_refused_or_is_another_canonical_one(
    account: Account, data: st.DataObject
) -> None:
    altered = bytearray(account.encode())
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = Account.decode(bytes(altered))
    except InvalidInput:
        return
    assert other.encode() == altered


@pytest.mark.parametrize(
    "fields",
    [
        [0, 0, bytes(32), bytes(32)],
        [0, 0, bytes(32), bytes(32), 0, 0],
        [2**64, 0, bytes(32), bytes(32), 0],
        [0, 2**256, bytes(32), bytes(32), 0],
        [0, 0, bytes(31), bytes(32), 0],
        [0, 0, bytes(32), bytes(33), 0],
        [0, 0, [bytes(32)], bytes(32), 0],
        [0, 0, bytes(32), bytes(32), 2**32],
        [b"\x00", 0, bytes(32), bytes(32), 0],
    ],
)
def test_what_encode_never_writes_is_refused(fields: list[object]) -> None:
    with pytest.raises(InvalidInput):
        Account.decode(rlp.encode(fields))


def test_a_new_account_has_nothing_but_its_balance() -> None:
    account = new_account(ShardKey(3), Wei(5))
    assert (account.nonce, account.balance, account.code_hash) == (0, 5, EMPTY_HASH)
    assert not account.has_code


def test_only_a_delegation_has_a_delegate() -> None:
    assert delegate_of(DELEGATION_PREFIX + b"\x01" * 20) == b"\x01" * 20
    assert delegate_of(DELEGATION_PREFIX + b"\x01" * 19) is None
    assert delegate_of(DELEGATION_PREFIX + b"\x01" * 21) is None
    assert delegate_of(b"\xef\x01\x01" + b"\x01" * 20) is None
    assert delegate_of(b"") is None
