"""Our plain integers against py_ecc's field objects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc import optimized_bn128 as reference

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.precompiles import alt_bn128
from quarkparsec.runners.evm.precompiles.alt_bn128_pairing import FIELD_MODULUS, is_in_g2

scalars = st.integers(1, reference.curve_order - 1)
INFINITY = bytes(64)


def g1(scalar: int) -> bytes:
    if scalar % reference.curve_order == 0:
        return INFINITY
    x, y = reference.normalize(reference.multiply(reference.G1, scalar % reference.curve_order))
    return word(x) + word(y)


def g2(scalar: int) -> bytes:
    x, y = reference.normalize(reference.multiply(reference.G2, scalar))
    return b"".join(map(word, (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0])))


def word(value: Any) -> bytes:
    return int(value).to_bytes(32, "big")


@settings(max_examples=20)
@given(scalars, scalars)
def test_a_sum_is_the_references_sum(left: int, right: int) -> None:
    assert alt_bn128.add(g1(left) + g1(right)) == g1(left + right)
    assert alt_bn128.add(g1(left) + g1(left)) == g1(2 * left)
    assert alt_bn128.add(g1(left) + g1(-left)) == INFINITY
    assert alt_bn128.add(g1(left)) == g1(left)


@settings(max_examples=10)
@given(scalars, st.integers(0, 2**256 - 1))
def test_a_product_is_the_references_product(base: int, scalar: int) -> None:
    assert alt_bn128.multiply(g1(base) + word(scalar)) == g1(base * scalar)
    assert alt_bn128.multiply(INFINITY + word(scalar)) == INFINITY


@settings(max_examples=4, deadline=None)
@given(scalars, scalars)
def test_pairings_are_bilinear(left: int, right: int) -> None:
    balanced = g1(left * right) + g2(1) + g1(-left) + g2(right)
    unbalanced = g1(left * right + 1) + g2(1) + g1(-left) + g2(right)
    assert alt_bn128.pairing(balanced) == word(1)
    assert alt_bn128.pairing(unbalanced) == word(0)


def test_pairs_with_infinity_count_for_nothing() -> None:
    assert alt_bn128.pairing(b"") == word(1)
    assert alt_bn128.pairing(INFINITY + g2(3) + g1(3) + bytes(128)) == word(1)
    assert alt_bn128.pairing(INFINITY + g2(3) + g1(1) + g2(1)) == word(0)


def twist_points(count: int) -> list[Any]:
    """Points of the twist, hardly any of which are in the subgroup."""
    found: list[Any] = []
    candidate = 0
    while len(found) < count:
        candidate += 1
        x = reference.FQ2([candidate, 1])
        right = x * x * x + reference.b2
        root = right ** ((FIELD_MODULUS**2 + 15) // 32)
        for power in range(16):
            y = root * eighth_root() ** power
            if y * y == right:
                found.append((x, y, reference.FQ2.one()))
                break
    return found


def eighth_root() -> Any:
    return reference.FQ2([9, 1]) ** ((FIELD_MODULUS**2 - 1) // 16)


def test_only_points_of_the_right_order_are_in_g2() -> None:
    points = twist_points(3)
    for x, y, one in points:
        in_subgroup = reference.is_inf(reference.multiply((x, y, one), reference.curve_order))
        plain = tuple((int(c.coeffs[0]), int(c.coeffs[1])) for c in (x, y))
        assert is_in_g2(plain) == in_subgroup  # type: ignore[arg-type]
        assert not in_subgroup
        encoded = b"".join(map(word, (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0])))
        with pytest.raises(InvalidInput, match="malformed point"):
            alt_bn128.pairing(g1(1) + encoded)


@pytest.mark.parametrize(
    "point",
    [word(1) + word(1), word(1) + word(2 + FIELD_MODULUS), word(FIELD_MODULUS) + word(0)],
    ids=["not on the curve", "y too large", "x too large"],
)
def test_a_bad_point_is_refused(point: bytes) -> None:
    for run in (alt_bn128.add, alt_bn128.multiply):
        with pytest.raises(InvalidInput):
            run(point)
    with pytest.raises(InvalidInput):
        alt_bn128.pairing(point + g2(1))


def test_a_pairings_input_is_whole_pairs() -> None:
    with pytest.raises(InvalidInput, match="bad elliptic curve pairing size"):
        alt_bn128.pairing(bytes(191))


def test_a_pairings_price_is_by_the_pair() -> None:
    assert [alt_bn128.pairing_gas(bytes(192 * pairs)) for pairs in range(3)] == [
        45_000,
        79_000,
        113_000,
    ]
