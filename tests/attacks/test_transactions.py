"""Every kind of broken transaction is refused in the words that wallets look for, and costs nothing."""

from __future__ import annotations

import random
from typing import Final

import pytest

from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.jsonrpc.rpc_error import SERVER_ERROR
from tests.attacks.bodies import request
from tests.attacks.forging import (
    ALICE,
    GWEI,
    KEYS,
    ORDER,
    legacy,
    typed,
    unsigned,
)
from tests.attacks.target import Target

pytestmark = pytest.mark.processes

POOR: Final = bytes(31) + b"\x01"

VALID: Final = typed()

REFUSED: Final[dict[str, tuple[bytes, str]]] = {
    # who signed it, and for where
    "unprotected": (legacy(chain_id=None), "only replay-protected (EIP-155) transactions allowed"),
    "high s": (typed(high_s=True), "invalid transaction v, r, s values"),
    "r is zero": (unsigned(0, 0, 1), "invalid transaction v, r, s values"),
    "s is zero": (unsigned(0, 1, 0), "invalid transaction v, r, s values"),
    "r is the order": (unsigned(0, ORDER, 1), "invalid transaction v, r, s values"),
    "parity two": (unsigned(2, 1, 1), "invalid transaction v, r, s values"),
    "r is no coordinate": (unsigned(0, 5, 1), "invalid signature"),
    "another chain": (typed(chain_id=1), "invalid chain id"),
    "another chain, legacy": (legacy(chain_id=1), "invalid chain id"),
    "chain id zero": (typed(chain_id=0), "invalid chain id"),
    "a huge chain id": (legacy(chain_id=2**63), "invalid chain id"),
    # what it is
    "a blob transaction": (b"\x03" + VALID[1:], "transaction type not supported"),
    "type five": (b"\x05" + VALID[1:], "transaction type not supported"),
    "type 127": (b"\x7f" + VALID[1:], "transaction type not supported"),
    "oversized": (typed(data=bytes(131_072), gas=30_000_000), "oversized data"),
    "init code too long": (
        typed(to=b"", data=b"\x01" * 49_153, gas=30_000_000),
        "max initcode size exceeded",
    ),
    "delegation without one": (typed(4, extra=([],)), "empty auth list"),
    "delegation that creates": (
        typed(4, to=b"", extra=([[b"", bytes(20), b"", b"", b"\x01", b"\x01"]],)),
        "cannot be used to create contract",
    ),
    # nonce, gas and fees
    "the last nonce": (typed(nonce=2**64 - 1), "nonce has max value"),
    "a nonce of 65 bits": (typed(nonce=2**64), "rlp: "),
    "a tip above the cap": (typed(tip=200 * GWEI), "max priority fee per gas higher than max fee"),
    "fees beyond 256 bits": (typed(fee_cap=2**256 - 1), "insufficient funds"),
    "a fee of 257 bits": (typed(fee_cap=2**256), "rlp: "),
    "gas of 65 bits": (typed(gas=2**64), "rlp: "),
    "more gas than a block": (typed(gas=2**64 - 1), "exceeds block gas limit"),
    "too little gas": (typed(gas=20_999), "intrinsic gas too low"),
    "no gas": (typed(gas=0), "intrinsic gas too low"),
    "too little gas for data": (typed(data=b"\x01" * 1_000, gas=37_100), "floor data gas cost"),
    "more value than money": (typed(value=10**30), "insufficient funds"),
    "the largest value": (typed(value=2**256 - 1), "insufficient funds"),
    # bytes
    "nothing": (b"", "typed transaction too short"),
    "a type and no more": (b"\x02", "rlp: "),
    "an empty list": (b"\xc0", "rlp: "),
    "trailing bytes": (VALID + b"\x00", "rlp: "),
    "a byte missing": (VALID[:-1], "rlp: "),
    "leading zeros": (typed(nonce=b"\x00\x01"), "rlp: "),
    "a list as nonce": (typed(nonce=[]), "rlp: "),
    "a list as data": (typed(data=[b"\x01"]), "rlp: "),
    "a destination of 19 bytes": (typed(to=bytes(19)), "rlp: "),
    "bytes as access list": (typed(access_list=b"\x01"), "rlp: "),
    "an access list of odd shape": (typed(access_list=[[bytes(20)]]), "rlp: "),
    "a slot of 31 bytes": (typed(access_list=[[bytes(20), [bytes(31)]]]), "rlp: "),
    "a field too many": (typed(extra=(b"",)), "rlp: "),
    "lists without end": (b"\x02" + b"\xc1" * 50_000, "rlp: "),
    "a length of eight bytes": (b"\xff" + b"\xff" * 8, "rlp: "),
    "the long form of a short list": (b"\x02\xf8\x01\x80", "rlp: "),
}


def submit(target: Target, raw: bytes) -> tuple[int, str]:
    """Code and words of the refusal."""
    return target.refusal("eth_sendRawTransaction", "0x" + raw.hex())


@pytest.mark.parametrize("name", list(REFUSED))
def test_a_broken_transaction_is_refused_in_the_words_wallets_know(
    target: Target, name: str
) -> None:
    raw, expected = REFUSED[name]
    code, words = submit(target, raw)
    assert code == SERVER_ERROR
    assert expected in words
    assert len(words) < 300


def test_who_has_nothing_pays_nothing(target: Target) -> None:
    raw = typed(key=POOR, to=bytes(recipient_of(POOR)), value=0)
    assert "insufficient funds" in submit(target, raw)[1]


def test_a_batch_of_broken_transactions_gets_one_error_each(target: Target) -> None:
    raws = [raw for raw, _ in REFUSED.values() if len(raw) < 1_000]
    body = b",".join(request("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in raws)
    answers = target.post(b"[" + body + b"]").json()
    assert len(answers) == len(raws)
    assert {answer["error"]["code"] for answer in answers} == {SERVER_ERROR}


def test_a_changed_byte_is_somebody_elses_transaction_or_none(target: Target) -> None:
    """Whoever the changed bytes seem to come from has no money, so none of them is taken."""
    chance = random.Random(3)
    for _ in range(300):
        changed = bytearray(VALID)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        assert submit(target, bytes(changed))[0] == SERVER_ERROR


def test_random_bytes_are_no_transaction(target: Target) -> None:
    chance = random.Random(4)
    for _ in range(300):
        start = chance.choice((b"\x01", b"\x02", b"\x04", b"\xf8\x6b", b"\xc8", b""))
        code, _ = submit(target, start + chance.randbytes(chance.randrange(200)))
        assert code == SERVER_ERROR


def test_a_transaction_is_taken_once_and_replaced_only_for_more(target: Target) -> None:
    sender = KEYS[6]
    to = bytes(recipient_of(sender))
    first = typed(key=sender, to=to, nonce=5)  # after a gap: it waits
    assert "result" in target.ask("eth_sendRawTransaction", "0x" + first.hex())
    assert "already known" in submit(target, first)[1]
    dearer = typed(key=sender, to=to, nonce=5, fee_cap=105 * GWEI)
    assert "replacement transaction underpriced" in submit(target, dearer)[1]


def test_the_account_that_signed_all_of_it_is_untouched(target: Target) -> None:
    alice = "0x" + recipient_of(ALICE).hex()
    assert target.ask("eth_getTransactionCount", alice, "pending")["result"] == "0x0"
    assert target.ask("eth_getBalance", alice, "latest")["result"] == hex(10_000 * 10**18)
