"""What the signer makes is what it was told, and is valid on one network only."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.signer import Unsigned, sign_dynamic_fee, sign_native
from quarkparsec.chain.signing import typed_signing_hash
from quarkparsec.chain.transaction import DYNAMIC_FEE, NATIVE, Transaction, decode_transaction
from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.shard.admission import Rules, check_admissible
from quarkparsec.types import Gas, Recipient, ShardKey, Slot
from tests.chain.signed import CHAIN_ID, KEY, SENDER, TO, sign_legacy
from tests.chain.signed import sign_dynamic_fee as wallet_sign
from tests.chain.signed import sign_native as other_sign_native

SECRET = KEY.to_bytes()
TO_BYTES = Recipient(bytes.fromhex(TO[2:]))
CLUSTERS = st.integers(1, 2**20 - 1)
KEYS = st.integers(0, 2**32 - 1).map(ShardKey)
ACCESSED = ((TO_BYTES, (Slot((5).to_bytes(32, "big")), Slot(b"\xff" * 32))),)
EXAMPLE = Unsigned(CHAIN_ID, 7, 10**9, 3 * 10**9, 50_000, TO_BYTES, 10**18, b"\x01\x00", ACCESSED)


def native(cluster: int, from_key: ShardKey, to_key: ShardKey) -> Transaction:
    unsigned = EXAMPLE._replace(chain_id=cluster)
    return decode_transaction(sign_native(unsigned, from_key, to_key, SECRET))


def at_key(cluster: int, key: ShardKey | None) -> Transaction:
    """A dynamic-fee transaction for a shard key's network, or for the cluster's."""
    chain_id = cluster if key is None else key_chain_id(cluster, key)
    return decode_transaction(sign_dynamic_fee(EXAMPLE._replace(chain_id=chain_id), SECRET))


def signed_hash(tx: Transaction) -> bytes:
    return typed_signing_hash(tx.raw, tx.parity, tx.r, tx.s)


def test_an_ordinary_transaction_is_the_one_that_wallets_make() -> None:
    assert sign_dynamic_fee(EXAMPLE, SECRET) == wallet_sign()


def test_a_native_transaction_is_the_one_that_another_codec_makes() -> None:
    assert sign_native(EXAMPLE, ShardKey(9), ShardKey(2**32 - 1), SECRET) == other_sign_native()


def test_a_native_transaction_without_a_target_creates() -> None:
    raw = sign_native(EXAMPLE._replace(to=None), ShardKey(1), ShardKey(2), SECRET)
    transaction = decode_transaction(raw)
    assert (transaction.to, transaction.to_key, transaction.origin_key) == (None, 2, 1)


def test_a_bad_private_key_is_refused() -> None:
    with pytest.raises(InvalidInput, match="private key"):
        sign_native(EXAMPLE, ShardKey(0), ShardKey(0), bytes(32))


@settings(max_examples=50)
@given(CLUSTERS, KEYS, KEYS, st.integers(0, 2**64 - 2), st.binary(max_size=70))
def test_what_is_signed_natively_is_what_is_read(
    cluster: int, from_key: ShardKey, to_key: ShardKey, nonce: int, data: bytes
) -> None:
    unsigned = EXAMPLE._replace(chain_id=cluster, nonce=nonce, data=data)
    tx = decode_transaction(sign_native(unsigned, from_key, to_key, SECRET))
    assert (tx.type, tx.chain_id, tx.sender) == (NATIVE, cluster, SENDER)
    assert (tx.from_key, tx.to_key, tx.nonce, tx.data) == (from_key, to_key, nonce, data)
    assert (tx.to, tx.value, tx.gas_limit) == (TO_BYTES, 10**18, 50_000)
    assert (tx.max_priority_fee_per_gas, tx.max_fee_per_gas) == (10**9, 3 * 10**9)
    assert tx.access_list == ACCESSED


# --- replay: a signature is valid on one network, at one key, in one form


FORMS = st.one_of(
    st.builds(at_key, CLUSTERS, st.none()),
    st.builds(at_key, CLUSTERS, KEYS),
    st.builds(native, CLUSTERS, KEYS, KEYS),
)


@settings(max_examples=100)
@given(FORMS, FORMS)
def test_no_two_networks_are_signed_for_by_one_hash(one: Transaction, other: Transaction) -> None:
    same = (one.type, one.chain_id, one.from_key, one.to_key) == (
        other.type,
        other.chain_id,
        other.from_key,
        other.to_key,
    )
    assert (signed_hash(one) == signed_hash(other)) == same


@pytest.mark.parametrize(
    "tx",
    [
        at_key(CHAIN_ID, None),
        at_key(CHAIN_ID, ShardKey(9)),
        decode_transaction(sign_legacy(chainId=key_chain_id(CHAIN_ID, ShardKey(9)), gas=50_000)),
        native(CHAIN_ID, ShardKey(9), ShardKey(10)),
    ],
    ids=["cluster", "key", "legacy at key", "native"],
)
def test_another_clusters_pool_refuses_it_and_its_own_takes_it(tx: Transaction) -> None:
    rules = Rules(CHAIN_ID, "prague", Gas(30_000_000), Recipient(bytes(20)))
    check_admissible(tx, rules)
    for other in (CHAIN_ID + 1, 1, 9):
        with pytest.raises(Rejected, match="invalid chain id for signer: have"):
            check_admissible(tx, rules._replace(chain_id=other))


NATIVE_FIELDS = ["chain id", "nonce", "tip", "cap", "gas", "from key", "to key"]


@pytest.mark.parametrize("field", ["chain id", "from key", "to key"])
def test_changing_where_it_is_valid_changes_who_signed(field: str) -> None:
    raw = sign_native(EXAMPLE, ShardKey(9), ShardKey(10), SECRET)
    fields: list[Any] = rlp.decode(raw[1:])
    fields[NATIVE_FIELDS.index(field)] = b"\x0b"
    assert recovered(bytes((NATIVE,)) + rlp.encode(fields)) != SENDER


def test_changing_the_type_changes_who_signed() -> None:
    raw = sign_native(EXAMPLE, ShardKey(9), ShardKey(9), SECRET)
    fields: list[Any] = rlp.decode(raw[1:])
    del fields[5:7]
    assert recovered(bytes((DYNAMIC_FEE,)) + rlp.encode(fields)) != SENDER
    fields[0] = key_chain_id(CHAIN_ID, ShardKey(9))
    assert recovered(bytes((DYNAMIC_FEE,)) + rlp.encode(fields)) != SENDER


def recovered(raw: bytes) -> bytes | None:
    """Who seems to have signed; None if nobody can have."""
    try:
        return decode_transaction(raw).sender
    except InvalidInput:
        return None
