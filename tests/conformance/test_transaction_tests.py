"""Ethereum's TransactionTests: what we accept is what they accept, with sender, hash and gas.

Expected is what the newest fork says that a test knows; up to Cancun the rules didn't change.

Two of our rules are stricter than theirs, and only those may refuse what they accept: a transaction
names its chain (EIP-155), and it fits geth's pool (128 KiB).
"""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.fees import intrinsic_gas
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.errors import InvalidInput, Rejected
from tests.conformance.archive import MISSING, json_files
from tests.conformance.state_case import MAINNET, octets

FORKS = ("Cancun", "Shanghai", "London")


def newest(result: dict[str, Any]) -> dict[str, Any]:
    expected: dict[str, Any] = next(result[fork] for fork in FORKS if fork in result)
    return expected


CASES = [
    (f"{path}:{name}", test["txbytes"], newest(test["result"]))
    for path, tests in json_files("TransactionTests")
    for name, test in tests.items()
]
OUR_OWN_RULES = ("only replay-protected", "oversized data")


def accept(raw: bytes) -> Transaction:
    """Decode, and check what their tests count as validity and we check at the door of the cluster."""
    transaction = decode_transaction(raw)
    if transaction.chain_id != MAINNET:
        raise Rejected("invalid chain id for signer")
    if transaction.gas_limit < intrinsic_gas(transaction, "cancun"):
        raise Rejected("intrinsic gas too low")
    return transaction


def accepted(raw: bytes) -> Transaction | None:
    """None if one of our own rules is in the way."""
    try:
        return accept(raw)
    except Rejected as refused:
        if str(refused).startswith(OUR_OWN_RULES):
            return None
        raise


def test_there_are_transactions_to_decode() -> None:
    if not CASES:
        pytest.skip(MISSING)
    assert len(CASES) == 210


@pytest.mark.parametrize(("name", "txbytes", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_transaction_is_read_or_refused_as_expected(
    name: str, txbytes: str, expected: dict[str, Any]
) -> None:
    if "exception" in expected:
        with pytest.raises((Rejected, InvalidInput)):
            accept(octets(txbytes))
        return
    transaction = accepted(octets(txbytes))
    if transaction is None:
        return
    assert transaction.hash.hex() == expected["hash"][2:]
    assert transaction.sender.hex() == expected["sender"][2:]
    assert intrinsic_gas(transaction, "cancun") == int(expected["intrinsicGas"], 16)
