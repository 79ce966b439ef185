"""Signs transactions that no wallet would: every field as one likes, the signature really made."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import coincurve

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of

CHAIN_ID: Final = 20803
KEYS: Final = derive_keys(TEST_MNEMONIC, 10)
ALICE: Final = KEYS[0]
BOB: Final = recipient_of(KEYS[3])
"""Lives on the same shard as Alice."""

ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Of the group of secp256k1."""

GWEI: Final = 10**9


class Signature(NamedTuple):
    """What a signature is made of."""

    parity: int
    r: int
    s: int

    def high(self) -> Signature:
        """The other signature of the same message."""
        return Signature(1 - self.parity, self.r, ORDER - self.s)


def sign(unsigned: bytes, key: bytes = ALICE) -> Signature:
    """Sign the hash of some bytes."""
    signed = coincurve.PrivateKey(key).sign_recoverable(keccak(unsigned), hasher=None)
    return Signature(
        signed[64], int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:64], "big")
    )


def number(value: int) -> bytes:
    """A number as RLP wants it."""
    return value.to_bytes((value.bit_length() + 7) >> 3, "big")


def legacy(*, chain_id: int | None = CHAIN_ID, **changes: Any) -> bytes:
    """A legacy transfer; without a chain id, as before EIP-155."""
    fields = _fields(("nonce", "gas_price", "gas", "to", "value", "data"), changes)
    suffix = [] if chain_id is None else [number(chain_id), b"", b""]
    signature = sign(rlp.encode([*fields, *suffix]))
    v = 27 + signature.parity if chain_id is None else 35 + 2 * chain_id + signature.parity
    return rlp.encode([*fields, number(v), number(signature.r), number(signature.s)])


def typed(
    kind: int = 2,
    *,
    key: bytes = ALICE,
    high_s: bool = False,
    extra: tuple[Any, ...] = (),
    **changes: Any,
) -> bytes:
    """A dynamic-fee transfer, or another type with the same fields and `extra` ones after them."""
    names = ("chain_id", "nonce", "tip", "fee_cap", "gas", "to", "value", "data", "access_list")
    fields = [*_fields(names, changes), *extra]
    prefix = bytes((kind,))
    signature = sign(prefix + rlp.encode(fields), key)
    if high_s:
        signature = signature.high()
    return prefix + rlp.encode([*fields, *map(number, signature)])


def unsigned(*signature: int) -> bytes:
    """A dynamic-fee transfer with a signature that was made up."""
    fields = _fields(
        ("chain_id", "nonce", "tip", "fee_cap", "gas", "to", "value", "data", "access_list"), {}
    )
    return b"\x02" + rlp.encode([*fields, *map(number, signature)])


_ORDINARY: Final[dict[str, Any]] = {
    "chain_id": CHAIN_ID,
    "nonce": 0,
    "gas_price": 100 * GWEI,
    "tip": GWEI,
    "fee_cap": 100 * GWEI,
    "gas": 21_000,
    "to": bytes(BOB),
    "value": 1,
    "data": b"",
    "access_list": [],
}


def _fields(names: tuple[str, ...], changes: dict[str, Any]) -> list[Any]:
    values = {**_ORDINARY, **changes}
    return [_item(values[name]) for name in names]


def _item(value: Any) -> Any:
    return number(value) if isinstance(value, int) else value
