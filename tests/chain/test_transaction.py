"""Decoding what wallets sign, refusing everything else, in the words that wallets look for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.transaction import (
    ACCESS_LIST,
    DYNAMIC_FEE,
    LEGACY,
    NATIVE,
    SET_CODE,
    UnsupportedType,
    decode_transaction,
)
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import CURVE_ORDER
from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.limits import INITCODE_BYTES_MAX, TRANSACTION_BYTES_MAX
from quarkparsec.types import Recipient, ShardKey, home_key
from tests.chain.signed import (
    CHAIN_ID,
    KEY,
    SENDER,
    TO,
    encode,
    sign_access_list,
    sign_dynamic_fee,
    sign_fields,
    sign_legacy,
    sign_native,
    sign_set_code,
)

SIGNERS: dict[int, Callable[..., bytes]] = {
    LEGACY: sign_legacy,
    ACCESS_LIST: sign_access_list,
    DYNAMIC_FEE: sign_dynamic_fee,
    SET_CODE: sign_set_code,
    NATIVE: sign_native,
}
RAW = {kind: signer() for kind, signer in SIGNERS.items()}
TO_BYTES = bytes.fromhex(TO[2:])
KINDS = pytest.mark.parametrize("kind", SIGNERS)

DYNAMIC_FIELDS: list[Any] = [CHAIN_ID, 7, 1, 2, 50_000, TO_BYTES, 5, b"data", []]
AUTHORIZATION: list[Any] = [CHAIN_ID, TO_BYTES, 8, 0, 1, 1]


def fields_with(**changes: Any) -> list[Any]:
    """The fields of a type-2 transaction, some of them changed."""
    names = ["chain_id", "nonce", "tip", "cap", "gas", "to", "value", "data", "access_list"]
    return [changes.get(name, field) for name, field in zip(names, DYNAMIC_FIELDS, strict=True)]


@KINDS
def test_a_wallets_transaction_says_what_was_signed(kind: int) -> None:
    transaction = decode_transaction(RAW[kind])
    assert transaction.type == kind
    assert transaction.sender == SENDER
    assert transaction.hash == keccak(RAW[kind])
    assert transaction.raw == RAW[kind]
    assert (transaction.chain_id, transaction.nonce) == (CHAIN_ID, 7)
    assert (transaction.gas_limit, transaction.value) == (50_000, 10**18)
    assert (transaction.to, transaction.data) == (TO_BYTES, b"\x01\x00")
    assert encode(transaction) == RAW[kind]


@KINDS
def test_a_trusted_sender_is_taken_as_it_is(kind: int) -> None:
    somebody = Recipient(b"\x11" * 20)
    transaction = decode_transaction(RAW[kind], somebody)
    assert transaction == decode_transaction(RAW[kind])._replace(sender=somebody)


def test_one_gas_price_is_tip_and_fee_cap() -> None:
    for kind in (LEGACY, ACCESS_LIST):
        transaction = decode_transaction(RAW[kind])
        assert transaction.max_priority_fee_per_gas == 2 * 10**9
        assert transaction.max_fee_per_gas == 2 * 10**9
    transaction = decode_transaction(RAW[DYNAMIC_FEE])
    assert transaction.max_priority_fee_per_gas == 10**9
    assert transaction.max_fee_per_gas == 3 * 10**9


@pytest.mark.parametrize("kind", [ACCESS_LIST, DYNAMIC_FEE, SET_CODE, NATIVE])
def test_an_access_list_is_read(kind: int) -> None:
    slots = ((5).to_bytes(32, "big"), b"\xff" * 32)
    assert decode_transaction(RAW[kind]).access_list == ((TO_BYTES, slots),)


def test_an_authorization_names_its_authority() -> None:
    (authorization,) = decode_transaction(RAW[SET_CODE]).authorizations
    assert authorization.recipient == TO_BYTES
    assert (authorization.chain_id, authorization.nonce) == (CHAIN_ID, 8)
    assert authorization.authority() == SENDER


@pytest.mark.parametrize("kind", [LEGACY, ACCESS_LIST, DYNAMIC_FEE, NATIVE])
def test_a_transaction_to_nobody_creates(kind: int) -> None:
    raw = SIGNERS[kind](to=b"", data=b"\x60" * 100)
    transaction = decode_transaction(raw)
    assert transaction.to is None
    assert transaction.sender == SENDER


@pytest.mark.parametrize("chain_id", [1, 2, 46, 110, 20803, 20803 << 32 | 0xFFFFFFFF])
def test_every_width_of_chain_id_is_signed_for(chain_id: int) -> None:
    for kind in (LEGACY, DYNAMIC_FEE):
        transaction = decode_transaction(SIGNERS[kind](chainId=chain_id))
        assert (transaction.chain_id, transaction.sender) == (chain_id, SENDER)


@KINDS
def test_a_clusters_chain_id_leaves_the_keys_to_the_cluster(kind: int) -> None:
    transaction = decode_transaction(RAW[kind])
    if kind == NATIVE:
        assert (transaction.from_key, transaction.to_key) == (9, 2**32 - 1)
        assert transaction.origin_key == 9
    else:
        assert (transaction.from_key, transaction.to_key) == (None, None)
        assert transaction.origin_key == home_key(Recipient(SENDER))


@pytest.mark.parametrize("kind", [LEGACY, ACCESS_LIST, DYNAMIC_FEE])
@pytest.mark.parametrize("key", [0, 1, 0x0A0B0C0D, 2**32 - 1])
def test_a_keys_own_chain_id_names_it_for_both_sides(kind: int, key: int) -> None:
    raw = SIGNERS[kind](chainId=key_chain_id(CHAIN_ID, ShardKey(key)))
    transaction = decode_transaction(raw)
    assert (transaction.from_key, transaction.to_key, transaction.origin_key) == (key, key, key)
    assert transaction.sender == SENDER


@pytest.mark.parametrize("chain_id", [11_155_111, 2**20, 2**52, 2**64 - 1, 0])
def test_a_foreign_chains_id_names_no_key(chain_id: int) -> None:
    transaction = decode_transaction(sign_fields(DYNAMIC_FEE, fields_with(chain_id=chain_id)))
    assert (transaction.from_key, transaction.to_key) == (None, None)


@pytest.mark.parametrize("chain_id", [0, 2**20, CHAIN_ID << 32, CHAIN_ID << 32 | 9])
def test_a_native_transaction_is_for_a_cluster(chain_id: int) -> None:
    with pytest.raises(Rejected, match="invalid chain id for signer"):
        decode_transaction(sign_native(chainId=chain_id))


@pytest.mark.parametrize(
    "changes",
    [{"fromKey": 2**32}, {"toKey": 2**32}, {"fromKey": b"\x00\x01"}, {"toKey": []}],
    ids=str,
)
def test_a_shard_key_of_a_wrong_shape_is_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        decode_transaction(sign_native(**changes))


def test_a_legacy_transaction_of_the_yellow_era_is_known() -> None:
    # The example of EIP-155.
    raw = bytes.fromhex(
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025"
        "a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
        "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    )
    transaction = decode_transaction(raw)
    assert transaction.sender.hex() == "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
    assert (transaction.chain_id, transaction.nonce) == (1, 9)


def test_an_unprotected_transaction_is_refused() -> None:
    signature = KEY.sign_msg_hash(keccak(rlp.encode([7, 1, 21_000, TO_BYTES, 0, b""])))
    raw = rlp.encode([7, 1, 21_000, TO_BYTES, 0, b"", 27 + signature.v, signature.r, signature.s])
    with pytest.raises(Rejected, match=r"only replay-protected \(EIP-155\) transactions allowed"):
        decode_transaction(raw)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 34])
def test_a_v_of_no_rule_is_refused(v: int) -> None:
    with pytest.raises(InvalidInput, match="invalid transaction v, r, s values"):
        decode_transaction(rlp.encode([7, 1, 21_000, TO_BYTES, 0, b"", v, 1, 1]))


@KINDS
def test_the_other_signature_of_the_same_transaction_is_refused(kind: int) -> None:
    transaction = decode_transaction(RAW[kind])
    other = transaction._replace(parity=1 - transaction.parity, s=CURVE_ORDER - transaction.s)
    for sender in (None, transaction.sender):
        with pytest.raises(InvalidInput):
            decode_transaction(encode(other), sender)


def test_blobs_have_their_own_words() -> None:
    with pytest.raises(UnsupportedType, match="blob transactions"):
        decode_transaction(b"\x03\xc0")


@pytest.mark.parametrize("kind", [0, 5, 0x50, 0x52, 0x7F, 0x80, 0xBF])
def test_an_unknown_type_is_refused(kind: int) -> None:
    with pytest.raises(UnsupportedType, match=r"^transaction type not supported$"):
        decode_transaction(bytes((kind,)) + RAW[DYNAMIC_FEE][1:])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nonce": 2**64 - 1}, "nonce has max value"),
        ({"tip": 3, "cap": 2}, "max priority fee per gas higher than max fee per gas"),
        ({"cap": 2**255, "gas": 4}, "required balance exceeds 256 bits"),
        ({"value": 2**256 - 1}, "required balance exceeds 256 bits"),
        ({"to": b"", "data": bytes(INITCODE_BYTES_MAX + 1)}, "max initcode size exceeded"),
        ({"data": bytes(TRANSACTION_BYTES_MAX)}, "oversized data: transaction size"),
    ],
)
def test_what_no_state_can_make_valid_is_rejected(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected, match=words):
        decode_transaction(sign_fields(DYNAMIC_FEE, fields_with(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": 2**64 - 2},
        {"tip": 2, "cap": 2},
        {"cap": 2**256 - 1, "gas": 1, "value": 0},
        {"to": b"", "data": bytes(INITCODE_BYTES_MAX)},
        {"chain_id": 2**64 - 1},
    ],
    ids=str,
)
def test_the_edges_of_the_rules_are_inside(changes: dict[str, Any]) -> None:
    assert decode_transaction(sign_fields(DYNAMIC_FEE, fields_with(**changes))).sender == SENDER


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": 2**64},
        {"gas": 2**64},
        {"cap": 2**256},
        {"tip": 2**256},
        {"value": 2**256},
        {"chain_id": 2**64},
        {"nonce": b"\x00\x01"},
        {"value": b"\x00"},
        {"nonce": []},
        {"to": bytes(19)},
        {"to": bytes(21)},
        {"to": []},
        {"data": [b"data"]},
        {"access_list": b""},
        {"access_list": [b"\x11" * 20]},
        {"access_list": [[TO_BYTES]]},
        {"access_list": [[TO_BYTES[1:], []]]},
        {"access_list": [[TO_BYTES, b""]]},
        {"access_list": [[TO_BYTES, [bytes(31)]]]},
        {"access_list": [[TO_BYTES, [[]]]]},
        {"access_list": [[TO_BYTES, [], []]]},
    ],
    ids=str,
)
def test_a_field_of_a_wrong_shape_is_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        decode_transaction(sign_fields(DYNAMIC_FEE, fields_with(**changes)))


@pytest.mark.parametrize(
    "authorizations",
    [
        b"",
        [b""],
        [AUTHORIZATION[:5]],
        [[*AUTHORIZATION, 1]],
        [[2**256, *AUTHORIZATION[1:]]],
        [[CHAIN_ID, TO_BYTES[1:], 8, 0, 1, 1]],
        [[CHAIN_ID, TO_BYTES, 2**64, 0, 1, 1]],
        [[CHAIN_ID, TO_BYTES, 8, 256, 1, 1]],
        [[CHAIN_ID, TO_BYTES, 8, 0, 2**256, 1]],
        [[CHAIN_ID, TO_BYTES, 8, 0, 1, b"\x00\x01"]],
    ],
    ids=str,
)
def test_an_authorization_of_a_wrong_shape_is_invalid(authorizations: Any) -> None:
    with pytest.raises(InvalidInput):
        decode_transaction(sign_fields(SET_CODE, [*DYNAMIC_FIELDS, authorizations]))


def test_an_authorization_nobody_signed_doesnt_spoil_the_transaction() -> None:
    nobody = [CHAIN_ID, TO_BYTES, 8, 5, 2**256 - 1, 2**256 - 1]
    transaction = decode_transaction(sign_fields(SET_CODE, [*DYNAMIC_FIELDS, [nobody]]))
    assert transaction.authorizations[0].authority() is None


def test_a_set_code_transaction_has_a_destination_and_authorizations() -> None:
    with pytest.raises(Rejected, match="EIP-7702 transaction with empty auth list"):
        decode_transaction(sign_fields(SET_CODE, [*DYNAMIC_FIELDS, []]))
    with pytest.raises(Rejected, match="EIP-7702 transaction cannot be used to create contract"):
        decode_transaction(sign_fields(SET_CODE, [*fields_with(to=b""), [AUTHORIZATION]]))


@KINDS
def test_a_missing_or_an_additional_field_is_invalid(kind: int) -> None:
    prefix, offset = (b"", 0) if kind == LEGACY else (bytes((kind,)), 1)
    fields = rlp.decode(RAW[kind][offset:])
    for wrong in (fields[:-1], [*fields, b""], []):
        with pytest.raises(InvalidInput, match="fields"):
            decode_transaction(prefix + rlp.encode(wrong))


@KINDS
def test_bytes_after_a_transaction_are_invalid(kind: int) -> None:
    for raw in (RAW[kind] + b"\x00", RAW[kind][:-1], RAW[kind][:1]):
        with pytest.raises(InvalidInput):
            decode_transaction(raw)


def test_no_bytes_are_no_transaction() -> None:
    with pytest.raises(InvalidInput):
        decode_transaction(b"")


@given(
    st.sampled_from(sorted(RAW)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=3),
    st.booleans(),
)
def test_changed_bytes_are_refused_or_are_another_transaction(
    kind: int, changes: list[tuple[int, int]], trusted: bool
) -> None:
    changed = bytearray(RAW[kind])
    for place, byte in changes:
        changed[place % len(changed)] = byte
    raw = bytes(changed)
    try:
        transaction = decode_transaction(raw, Recipient(SENDER) if trusted else None)
    except (InvalidInput, Rejected):
        return
    assert encode(transaction) == raw
    assert transaction.hash == keccak(raw)
    assert trusted or raw == RAW[kind] or transaction.sender != SENDER


@given(st.sampled_from([b"", b"\x01", b"\x02", b"\x04", b"\x51"]), st.binary(max_size=60))
def test_any_bytes_raise_nothing_unexpected(prefix: bytes, rest: bytes) -> None:
    with pytest.raises((InvalidInput, Rejected)):
        decode_transaction(prefix + rest)


SCALARS = st.integers(0, 2**64 - 2)


@given(
    nonce=SCALARS,
    tip=SCALARS,
    gas=SCALARS,
    value=st.integers(0, 2**200),
    data=st.binary(max_size=300),
    to=st.binary(min_size=20, max_size=20),
    access_list=st.lists(
        st.tuples(
            st.binary(min_size=20, max_size=20),
            st.lists(st.binary(min_size=32, max_size=32), max_size=2),
        ),
        max_size=3,
    ),
)
def test_what_is_signed_is_what_is_read(
    nonce: int, tip: int, gas: int, value: int, data: bytes, to: bytes, access_list: list[Any]
) -> None:
    raw = sign_fields(
        DYNAMIC_FEE, [CHAIN_ID, nonce, tip, tip + 1, gas, to, value, data, access_list]
    )
    transaction = decode_transaction(raw)
    assert transaction.sender == SENDER
    assert (transaction.nonce, transaction.gas_limit) == (nonce, gas)
    assert (transaction.value, transaction.data, transaction.to) == (value, data, to)
    assert encode(transaction) == raw
