"""Wallets sign what eth-account signs, and nodes recover who signed."""

from __future__ import annotations

from itertools import islice

from benchmarks.signing import (
    SIGNED_BY_ONE_PROCESS_MAX,
    Unsigned,
    Wallet,
    created_address,
    sign_all,
    wallets,
)
from eth_account import Account
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.types import Recipient

KEYS = st.binary(min_size=32, max_size=32).filter(
    lambda key: 0 < int.from_bytes(key, "big") < 2**255
)


@settings(max_examples=50)
@given(KEYS, st.integers(0, 2**32), st.integers(0, 2**80), st.binary(max_size=80))
def test_a_signed_transaction_is_what_eth_account_makes_of_it(
    key: bytes, nonce: int, value: int, call: bytes
) -> None:
    unsigned = Unsigned(20803, nonce, 1, 2 * 10**9, 60_000, b"\x11" * 20, value, call)
    expected = Account.sign_transaction(
        {
            "type": 2,
            "chainId": 20803,
            "nonce": nonce,
            "maxPriorityFeePerGas": 1,
            "maxFeePerGas": 2 * 10**9,
            "gas": 60_000,
            "to": to_checksum_address(unsigned.to),
            "value": value,
            "data": call,
        },
        key,
    )
    signed = Wallet(key).sign(unsigned)
    assert (signed.raw, signed.hash) == (expected.raw_transaction, expected.hash)


def test_the_node_recovers_who_signed() -> None:
    wallet = Wallet(b"\x01" * 32)
    transaction = decode_transaction(wallet.sign(Unsigned(1, 0, 1, 1, 21_000, b"", 0)).raw)
    assert transaction.sender == wallet.recipient
    assert transaction.to is None


def test_a_seed_gives_the_same_wallets_again_and_another_seed_others() -> None:
    first, again, other = (
        [wallet.recipient for wallet in islice(wallets(seed), 20)] for seed in (b"a", b"a", b"b")
    )
    assert first == again
    assert not set(first) & set(other)


def test_many_transactions_are_signed_in_processes_with_the_same_result() -> None:
    signers = list(islice(wallets(b"seed"), 4))
    count = SIGNED_BY_ONE_PROCESS_MAX // 4 + 1
    jobs = [
        (wallet, [Unsigned(1, nonce, 1, 1, 21_000, b"\x22" * 20, 1) for nonce in range(count)])
        for wallet in signers
    ]
    signed = sign_all(jobs)
    assert [len(each) for each in signed] == [count] * 4
    wallet, transactions = jobs[3]
    assert signed[3][-1] == wallet.sign(transactions[-1])


def test_a_contract_lies_where_ethereum_puts_it() -> None:
    creator = Recipient(bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"))
    first = created_address(creator, 0)
    assert first.hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
