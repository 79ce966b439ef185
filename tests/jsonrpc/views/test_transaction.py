"""Transactions as clients see them."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.header import Header
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.codec import rlp
from quarkparsec.jsonrpc.views.place import BlockMark
from quarkparsec.jsonrpc.views.transaction import pending_transaction_view, transaction_view
from quarkparsec.types import Wei
from tests.chain.signed import sign_native
from tests.jsonrpc import execution_apis
from tests.jsonrpc.cluster import sign
from tests.jsonrpc.headers import GWEI

MARK = BlockMark("0x" + "ab" * 32, "0x1", "0x2", Wei(3 * GWEI))


@execution_apis.needed
@pytest.mark.parametrize("name", ["get-access-list", "get-dynamic-fee", "get-setcode-tx"])
def test_a_recorded_transaction_looks_the_same_member_by_member(name: str) -> None:
    _, answer = execution_apis.conversation("eth_getTransactionByHash", name)
    expected: dict[str, Any] = answer["result"]
    raw, base_fee = _recorded(expected["hash"])
    block = BlockMark(
        expected["blockHash"], expected["blockNumber"], expected["blockTimestamp"], base_fee
    )
    view = transaction_view(decode_transaction(raw), block, int(expected["transactionIndex"], 16))
    assert view == expected


def test_a_legacy_transaction_shows_its_chain_id_within_v() -> None:
    view = transaction_view(decode_transaction(sign(gasPrice=5 * GWEI)), MARK, 0)
    assert int(view["v"], 16) - 35 - 2 * int(view["chainId"], 16) in (0, 1)
    assert "yParity" not in view
    assert "accessList" not in view


def test_a_mined_transaction_shows_what_was_paid_per_gas() -> None:
    transaction = decode_transaction(sign(maxFeePerGas=9 * GWEI, maxPriorityFeePerGas=2 * GWEI))
    assert int(transaction_view(transaction, MARK, 0)["gasPrice"], 16) == 5 * GWEI


def test_a_waiting_transaction_shows_the_most_it_would_pay_and_no_block() -> None:
    view = pending_transaction_view(decode_transaction(sign(maxFeePerGas=9 * GWEI)))
    assert int(view["gasPrice"], 16) == 9 * GWEI
    in_no_block = ("blockHash", "blockNumber", "blockTimestamp", "transactionIndex")
    assert [view[name] for name in in_no_block] == [None] * 4


def test_a_native_transaction_shows_the_keys_that_were_signed() -> None:
    native = decode_transaction(sign_native(fromKey=9, toKey=0xFFFFFFFF, to=b""))
    for view in (transaction_view(native, MARK, 0), pending_transaction_view(native)):
        assert (view["type"], view["chainId"]) == ("0x51", "0x5143")
        assert (view["fromKey"], view["toKey"], view["to"]) == ("0x9", "0xffffffff", None)
        assert view["maxFeePerGas"] == hex(native.max_fee_per_gas)
        assert view["yParity"] == view["v"]
    ordinary = pending_transaction_view(decode_transaction(sign(chainId=20803 << 32 | 9)))
    assert not {"fromKey", "toKey"} & set(ordinary)


def _recorded(transaction_hash: str) -> tuple[bytes, Wei]:
    """The raw transaction with that hash in the recorded chain, and its block's base fee."""
    for header, raws in execution_apis.blocks():
        for raw in raws:
            if (
                raw[0] in (1, 2, 4)
                and f"0x{decode_transaction(raw).hash.hex()}" == transaction_hash
            ):
                return raw, _base_fee(header)
    raise LookupError(transaction_hash)


def _base_fee(header: bytes) -> Wei:
    """Blocks before Prague have fewer fields, and those before London no base fee."""
    fields = rlp.decode_list(header)
    if len(fields) == 21:
        return Header.decode(header).base_fee
    return Wei(rlp.scalar(fields[15])) if len(fields) > 15 else Wei(0)
