"""The curve alt_bn128 at 0x06 to 0x08: addition, multiplication, pairing check (EIP-196, 197, 1108).

    G1: y² = x³ + 3 over Fp        a point is x ‖ y, 32 bytes each
    G2: y² = x³ + 3/(9 + i) over Fp² = Fp[i]   a point is x.i ‖ x.1 ‖ y.i ‖ y.1

The point at infinity is all zeros. There is no native library for this curve, so it's plain integers;
pairings are in alt_bn128_pairing.py.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.call_data import CallData
from quarkparsec.runners.evm.precompiles.alt_bn128_pairing import (
    FIELD_MODULUS,
    is_in_g2,
    is_pairing_product_one,
)

Point = tuple[int, int]
"""Affine coordinates."""

_Jacobian = tuple[int, int, int]
"""(X, Y, Z) stands for (X/Z², Y/Z³); Z = 0 is infinity."""

_P: Final = FIELD_MODULUS
_B: Final = 3
_PAIR_BYTES: Final = 192
_PAIRING_GAS: Final = 45_000
_PAIR_GAS: Final = 34_000


def add(data: CallData) -> bytes:
    """Two points → their sum; a short input is filled up with zeros."""
    points = data[:128].ljust(128, b"\x00")
    first, second = _decode_g1(points[:64]), _decode_g1(points[64:])
    if first is None or second is None:
        return _encode_g1(first or second)
    return _encode_g1(_to_affine(_add((*first, 1), second)))


def multiply(data: CallData) -> bytes:
    """A point and a 32-byte scalar → their product; a short input is filled up with zeros."""
    factors = data[:96].ljust(96, b"\x00")
    point, scalar = _decode_g1(factors[:64]), int.from_bytes(factors[64:], "big")
    if point is None:
        return _encode_g1(None)
    return _encode_g1(_to_affine(_multiply(point, scalar)))


def pairing_gas(data: CallData) -> int:
    return _PAIRING_GAS + _PAIR_GAS * (len(data) // _PAIR_BYTES)


def pairing(data: CallData) -> bytes:
    """Pairs of a G1 and a G2 point → 1 if the product of their pairings is one, else 0."""
    if len(data) % _PAIR_BYTES:
        raise InvalidInput("bad elliptic curve pairing size")
    pairs = []
    for at in range(0, len(data), _PAIR_BYTES):
        first = _decode_g1(data[at : at + 64])
        second = _decode_g2(data[at + 64 : at + _PAIR_BYTES])
        if first is not None and second is not None:
            pairs.append((first, second))
    return is_pairing_product_one(pairs).to_bytes(32, "big")


# --- the group G1


def _multiply(point: Point, scalar: int) -> _Jacobian:
    product: _Jacobian = (1, 1, 0)
    for bit in f"{scalar:b}":
        product = _double(product)
        if bit == "1":
            product = _add(product, point)
    return product


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    yy = y * y % _P
    s = 4 * x * yy % _P
    m = 3 * x * x % _P
    x_doubled = (m * m - 2 * s) % _P
    return x_doubled, (m * (s - x_doubled) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(left: _Jacobian, right: Point) -> _Jacobian:
    """Mixed addition: `right` is affine, which saves a third of the multiplications."""
    x1, y1, z1 = left
    x2, y2 = right
    if z1 == 0:
        return x2, y2, 1
    zz = z1 * z1 % _P
    h = (x2 * zz - x1) % _P
    slope = (y2 * zz * z1 - y1) % _P
    if h == 0:
        return (1, 1, 0) if slope else _double(left)
    hh = h * h % _P
    hhh = h * hh % _P
    v = x1 * hh % _P
    x3 = (slope * slope - hhh - 2 * v) % _P
    return x3, (slope * (v - x3) - y1 * hhh) % _P, z1 * h % _P


def _to_affine(point: _Jacobian) -> Point | None:
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, _P)
    square = inverse * inverse % _P
    return x * square % _P, y * square * inverse % _P


# --- encodings


def _coordinates(data: bytes) -> list[int]:
    numbers = [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]
    if max(numbers) >= _P:
        raise InvalidInput("coordinate exceeds field modulus")
    return numbers


def _decode_g1(data: bytes) -> Point | None:
    """A point of the curve, or None for infinity. G1 is the whole curve."""
    x, y = _coordinates(data)
    if x == y == 0:
        return None
    if (y * y - x * x * x - _B) % _P:
        raise InvalidInput("malformed point")
    return x, y


def _decode_g2(data: bytes) -> tuple[Point, Point] | None:
    """A point of G2, or None for infinity. The imaginary parts come first."""
    x_imaginary, x_real, y_imaginary, y_real = _coordinates(data)
    if not any((x_imaginary, x_real, y_imaginary, y_real)):
        return None
    point = (x_real, x_imaginary), (y_real, y_imaginary)
    if not is_in_g2(point):
        raise InvalidInput("malformed point")
    return point


def _encode_g1(point: Point | None) -> bytes:
    x, y = point or (0, 0)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")
