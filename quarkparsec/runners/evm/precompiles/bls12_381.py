"""BLS12-381 at 0x0b to 0x11: additions, multi-scalar multiplications, pairing, maps (EIP-2537).

A field element has 64 bytes, of which the first 16 must be zero; a point is its affine coordinates, and
the point at infinity is all zeros. Additions take any point of the curve, the others only points of
the right subgroup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.call_data import CallData

FIELD_MODULUS: Final = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    16,
)

_ELEMENT_BYTES: Final = 64
_NATIVE_BYTES: Final = 48
_PADDING: Final = bytes(_ELEMENT_BYTES - _NATIVE_BYTES)
_G1_BYTES: Final = 2 * _ELEMENT_BYTES
_G2_BYTES: Final = 4 * _ELEMENT_BYTES
_SCALAR_BYTES: Final = 32
_PAIR_BYTES: Final = _G1_BYTES + _G2_BYTES

_G1_MSM_GAS: Final = 12_000
_G2_MSM_GAS: Final = 22_500
_PAIRING_GAS: Final = 37_700
_PAIR_GAS: Final = 32_600

# Thousandths of the full price per pair, for 1, 2, … pairs; the last one for every greater number.
_G1_DISCOUNTS: Final = (
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669,
    665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619,
    617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589,
    588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567,
    566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549,
    548, 547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534,
    533, 532, 532, 531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520,
    520, 519,
)  # fmt: skip
_G2_DISCOUNTS: Final = (
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711,
    704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637,
    634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598,
    597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573,
    571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553,
    552, 552, 551, 550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538,
    537, 537, 536, 535, 535, 534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526,
    525, 524, 524,
)  # fmt: skip

_Point = TypeVar("_Point", G1Point, G2Point)


# --- prices


def g1_msm_gas(data: CallData) -> int:
    return _msm_gas(len(data) // (_G1_BYTES + _SCALAR_BYTES), _G1_MSM_GAS, _G1_DISCOUNTS)


def g2_msm_gas(data: CallData) -> int:
    return _msm_gas(len(data) // (_G2_BYTES + _SCALAR_BYTES), _G2_MSM_GAS, _G2_DISCOUNTS)


def pairing_gas(data: CallData) -> int:
    return _PAIRING_GAS + _PAIR_GAS * (len(data) // _PAIR_BYTES)


def _msm_gas(pairs: int, price: int, discounts: tuple[int, ...]) -> int:
    if pairs == 0:
        return 0
    return pairs * price * discounts[min(pairs, len(discounts)) - 1] // 1000


# --- operations


def g1_add(data: CallData) -> bytes:
    """Two points of the curve over Fp → their sum."""
    first, second = _split(data, _G1_BYTES, exactly=2)
    return _encode(_g1(first, in_subgroup=False) + _g1(second, in_subgroup=False))


def g2_add(data: CallData) -> bytes:
    """Two points of the curve over Fp2 → their sum."""
    first, second = _split(data, _G2_BYTES, exactly=2)
    return _encode(_g2(first, in_subgroup=False) + _g2(second, in_subgroup=False))


def g1_msm(data: CallData) -> bytes:
    """Pairs of a G1 point and a 32-byte scalar → the sum of the products."""
    pairs = _split(data, _G1_BYTES + _SCALAR_BYTES)
    points = [_g1(pair[:_G1_BYTES], in_subgroup=True) for pair in pairs]
    scalars = [Scalar.from_be_bytes_mod_order(pair[_G1_BYTES:]) for pair in pairs]
    return _encode(G1Point.multiexp_unchecked(points, scalars))


def g2_msm(data: CallData) -> bytes:
    """Pairs of a G2 point and a 32-byte scalar → the sum of the products."""
    pairs = _split(data, _G2_BYTES + _SCALAR_BYTES)
    points = [_g2(pair[:_G2_BYTES], in_subgroup=True) for pair in pairs]
    scalars = [Scalar.from_be_bytes_mod_order(pair[_G2_BYTES:]) for pair in pairs]
    return _encode(G2Point.multiexp_unchecked(points, scalars))


def pairing(data: CallData) -> bytes:
    """Pairs of a G1 and a G2 point → 1 if the product of their pairings is one, else 0."""
    pairs = _split(data, _PAIR_BYTES)
    firsts = [_g1(pair[:_G1_BYTES], in_subgroup=True) for pair in pairs]
    seconds = [_g2(pair[_G1_BYTES:], in_subgroup=True) for pair in pairs]
    return GT.pairing_check(firsts, seconds).to_bytes(32, "big")


def map_fp_to_g1(data: CallData) -> bytes:
    """A field element → a G1 point."""
    (element,) = _elements(data, 1)
    return _encode(G1Point.map_from_fp_be(element))


def map_fp2_to_g2(data: CallData) -> bytes:
    """An element of Fp2 → a G2 point."""
    return _encode(G2Point.map_from_fp2_be(b"".join(_elements(data, 2))))


# --- encodings


def _split(data: CallData, size: int, exactly: int | None = None) -> list[bytes]:
    count = len(data) // size
    if not data or len(data) % size or (exactly is not None and count != exactly):
        raise InvalidInput("invalid input length")
    return [data[at : at + size] for at in range(0, len(data), size)]


def _elements(data: CallData, count: int) -> list[bytes]:
    """The field elements without their padding. Raises InvalidInput unless each is below p."""
    elements = []
    for encoded in _split(data, _ELEMENT_BYTES, exactly=count):
        if not encoded.startswith(_PADDING):
            raise InvalidInput("invalid field element top bytes")
        if int.from_bytes(encoded, "big") >= FIELD_MODULUS:
            raise InvalidInput("must be less than modulus")
        elements.append(encoded[len(_PADDING) :])
    return elements


def _g1(data: bytes, *, in_subgroup: bool) -> G1Point:
    if not any(data):
        return G1Point.identity()
    native = b"".join(_elements(data, 2))
    # "unchecked" leaves out the subgroup only: the curve's equation is always checked.
    read = G1Point.from_xy_bytes_be if in_subgroup else G1Point.from_xy_bytes_unchecked_be
    return _read(read, native)


def _g2(data: bytes, *, in_subgroup: bool) -> G2Point:
    if not any(data):
        return G2Point.identity()
    native = b"".join(_elements(data, 4))
    read = G2Point.from_xy_bytes_be if in_subgroup else G2Point.from_xy_bytes_unchecked_be
    return _read(read, native)


def _read(read: Callable[[bytes], _Point], native: bytes) -> _Point:
    try:
        return read(native)
    except ValueError as error:
        raise InvalidInput("invalid point: not on curve or not in correct subgroup") from error


def _encode(point: G1Point | G2Point) -> bytes:
    native = point.to_xy_bytes_be()
    return b"".join(
        [_PADDING + native[at : at + _NATIVE_BYTES] for at in range(0, len(native), _NATIVE_BYTES)]
    )
