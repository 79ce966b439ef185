"""The optimal ate pairing on alt_bn128, in plain integers (EIP-197; Vercauteren 2008).

    Fp²  = Fp[i]/(i² + 1)       a pair (real, imaginary)
    Fp¹² = Fp²[w]/(w⁶ − ξ)      six coefficients of w⁰ … w⁵; ξ = 9 + i

A point (x, y) of the twist stands for (x·w², y·w³) on the curve over Fp¹². With affine points a line
through T of slope λ, evaluated at P of G1, is then yP − λ·xP·w + (λ·xT − yT)·w³: three coefficients, so
multiplying by it costs half a multiplication. Products are summed up before they are reduced. Vertical
lines lie in a subfield, where the final exponentiation makes them 1, so they are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

FIELD_MODULUS: Final = (
    21888242871839275222246405745257275088696311157297823662689037894645226208583
)

_CURVE_PARAMETER: Final = 4965661367192848881
"""u, from which a Barreto-Naehrig curve is made: p and the group order are polynomials in it."""

Fp2 = tuple[int, int]
Fp12 = Sequence[Fp2]
G1Point = tuple[int, int]
G2Point = tuple[Fp2, Fp2]

_P: Final = FIELD_MODULUS
_LOOP_BITS: Final = f"{6 * _CURVE_PARAMETER + 2:b}"[1:]
_ONE: Final[Fp12] = ((1, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0))


# --- Fp²


def _multiply2(left: Fp2, right: Fp2) -> Fp2:
    a, b = left
    c, d = right
    return (a * c - b * d) % _P, (a * d + b * c) % _P


def _subtract2(left: Fp2, right: Fp2) -> Fp2:
    return (left[0] - right[0]) % _P, (left[1] - right[1]) % _P


def _scale2(value: Fp2, factor: int) -> Fp2:
    return value[0] * factor % _P, value[1] * factor % _P


def _invert2(value: Fp2) -> Fp2:
    a, b = value
    inverse = pow(a * a + b * b, -1, _P)
    return a * inverse % _P, -b * inverse % _P


def _by_xi(value: Fp2) -> Fp2:
    a, b = value
    return 9 * a - b, a + 9 * b


def _power2(value: Fp2, exponent: int) -> Fp2:
    power: Fp2 = (1, 0)
    for bit in f"{exponent:b}":
        power = _multiply2(power, power)
        if bit == "1":
            power = _multiply2(power, value)
    return power


_TWIST_B: Final = _scale2(_invert2((9, 1)), 3)
"""3/ξ."""

_FROBENIUS: Final = tuple(_power2((9, 1), power * (_P - 1) // 6) for power in range(6))
"""ξ^(k·(p−1)/6): what wᵏ becomes under x → xᵖ, besides wᵏ."""


# --- Fp¹²


def _multiply12(left: Fp12, right: Iterable[tuple[int, Fp2]]) -> Fp12:
    """`right` as (power of w, coefficient), so that zeros cost nothing."""
    real, imaginary = [0] * 11, [0] * 11
    for power, (c, d) in right:
        for position, (a, b) in enumerate(left, power):
            real[position] += a * c - b * d
            imaginary[position] += a * d + b * c
    return _fold(real, imaginary)


def _square12(value: Fp12) -> Fp12:
    real, imaginary = [0] * 11, [0] * 11
    for power, (a, b) in enumerate(value):
        real[2 * power] += (a + b) * (a - b)
        imaginary[2 * power] += 2 * a * b
        a, b = 2 * a, 2 * b
        for position in range(power + 1, 6):
            c, d = value[position]
            real[power + position] += a * c - b * d
            imaginary[power + position] += a * d + b * c
    return _fold(real, imaginary)


def _fold(real: list[int], imaginary: list[int]) -> Fp12:
    """Replace w⁶ by ξ and reduce."""
    folded = []
    for power in range(5):
        a, b = _by_xi((real[power + 6], imaginary[power + 6]))
        folded.append(((real[power] + a) % _P, (imaginary[power] + b) % _P))
    folded.append((real[5] % _P, imaginary[5] % _P))
    return folded


def _product12(*factors: Fp12) -> Fp12:
    product, *rest = factors
    for factor in rest:
        product = _multiply12(product, enumerate(factor))
    return product


def _conjugate12(value: Fp12) -> Fp12:
    """x → x^(p⁶); the inverse of everything that the final exponentiation works on."""
    return [(a, b) if power % 2 == 0 else (-a, -b) for power, (a, b) in enumerate(value)]


def _frobenius12(value: Fp12) -> Fp12:
    """x → xᵖ."""
    return [_multiply2((a, -b), _FROBENIUS[power]) for power, (a, b) in enumerate(value)]


def _invert12(value: Fp12) -> Fp12:
    """1/x = x̄ / (x·x̄), where x·x̄ has even powers of w only: it is in Fp⁶ = Fp²[w²]."""
    conjugate = _conjugate12(value)
    n0, _, n1, _, n2, _ = _product12(value, conjugate)
    a = _subtract2(_multiply2(n0, n0), _by_xi(_multiply2(n1, n2)))
    b = _subtract2(_by_xi(_multiply2(n2, n2)), _multiply2(n0, n1))
    c = _subtract2(_multiply2(n1, n1), _multiply2(n0, n2))
    norm = _subtract2(_multiply2(n0, a), _scale2(_by_xi(_sum2(n2, b, n1, c)), -1))
    inverse = _invert2(norm)
    terms = [(2 * k, _multiply2(part, inverse)) for k, part in enumerate((a, b, c))]
    return _multiply12(conjugate, terms)


def _sum2(a: Fp2, b: Fp2, c: Fp2, d: Fp2) -> Fp2:
    """a·b + c·d."""
    first, second = _multiply2(a, b), _multiply2(c, d)
    return first[0] + second[0], first[1] + second[1]


def _power_of_parameter(value: Fp12) -> Fp12:
    """x → xᵘ."""
    power = value
    for bit in f"{_CURVE_PARAMETER:b}"[1:]:
        power = _square12(power)
        if bit == "1":
            power = _product12(power, value)
    return power


# --- the twist


def is_in_g2(point: G2Point) -> bool:
    """Whether a point is on the twist and in the subgroup of the right order."""
    x, y = point
    cube = _multiply2(_multiply2(x, x), x)
    right = ((cube[0] + _TWIST_B[0]) % _P, (cube[1] + _TWIST_B[1]) % _P)
    return _multiply2(y, y) == right and _has_group_order(point)


def _has_group_order(point: G2Point) -> bool:
    """[u + 1]Q + ψ([u]Q) + ψ²([u]Q) = ψ³([2u]Q), where ψ is the Frobenius map on the twist.

    On this curve that holds for the subgroup's points only (Dai et al. 2022, sections 3 and 5), and it
    takes a quarter of the doublings of multiplying by the order.
    """
    try:
        multiple = point
        for bit in f"{_CURVE_PARAMETER:b}"[1:]:
            multiple = _add(multiple, multiple)
            if bit == "1":
                multiple = _add(multiple, point)
        once = _frobenius_on_twist(multiple)
        twice = _frobenius_on_twist(once)
        doubled = _frobenius_on_twist(_add(twice, twice))
        return _add(_add(_add(multiple, point), once), twice) == doubled
    except ValueError:
        return False  # met infinity: a point of small order, so not of the subgroup's


def _add(left: G2Point, right: G2Point) -> G2Point:
    """Raises ValueError (nothing has an inverse modulo p) where the sum is infinity."""
    slope = _tangent(left) if left == right else _slope(left, right)
    return _chord(left, right, slope)


def _tangent(point: G2Point) -> Fp2:
    x, y = point
    return _multiply2(_scale2(_multiply2(x, x), 3), _invert2(_scale2(y, 2)))


def _slope(left: G2Point, right: G2Point) -> Fp2:
    rise, run = _subtract2(right[1], left[1]), _subtract2(right[0], left[0])
    return _multiply2(rise, _invert2(run))


def _chord(left: G2Point, right: G2Point, slope: Fp2) -> G2Point:
    """The sum of two points, given the slope of the line through them."""
    x = _subtract2(_subtract2(_multiply2(slope, slope), left[0]), right[0])
    return x, _subtract2(_multiply2(slope, _subtract2(left[0], x)), left[1])


def _frobenius_on_twist(point: G2Point) -> G2Point:
    (a, b), (c, d) = point
    return _multiply2((a, -b), _FROBENIUS[2]), _multiply2((c, -d), _FROBENIUS[3])


# --- the pairing


def is_pairing_product_one(pairs: Sequence[tuple[G1Point, G2Point]]) -> bool:
    """Whether ∏ e(P, Q) = 1. Infinity is not among the points."""
    product = _ONE
    multiples = [second for _, second in pairs]
    for bit in _LOOP_BITS:
        product = _square12(product)
        for index, (first, second) in enumerate(pairs):
            slope = _tangent(multiples[index])
            product = _multiply12(product, _line(multiples[index], slope, first))
            multiples[index] = _chord(multiples[index], multiples[index], slope)
            if bit == "1":
                product, multiples[index] = _step(product, multiples[index], second, first)
    for (first, second), multiple in zip(pairs, multiples, strict=True):
        image = _frobenius_on_twist(second)
        x, y = _frobenius_on_twist(image)
        product, multiple = _step(product, multiple, image, first)
        product, _ = _step(product, multiple, (x, _scale2(y, -1)), first)
    return tuple(_final_exponentiation(product)) == _ONE


def _step(product: Fp12, multiple: G2Point, addend: G2Point, at: G1Point) -> tuple[Fp12, G2Point]:
    """Add a point, and multiply by the line that this takes."""
    slope = _slope(multiple, addend)
    line = _line(multiple, slope, at)
    return _multiply12(product, line), _chord(multiple, addend, slope)


def _line(point: G2Point, slope: Fp2, at: G1Point) -> list[tuple[int, Fp2]]:
    x, y = point
    return [
        (0, (at[1], 0)),
        (1, _scale2(slope, -at[0])),
        (3, _subtract2(_multiply2(slope, x), y)),
    ]


def _final_exponentiation(value: Fp12) -> Fp12:
    """x → x^((p¹² − 1)/order), by Scott et al. 2009: p and the order are polynomials in u."""
    value = _product12(_conjugate12(value), _invert12(value))
    value = _product12(_frobenius12(_frobenius12(value)), value)
    by_u = _power_of_parameter(value)
    by_u2 = _power_of_parameter(by_u)
    by_u3 = _power_of_parameter(by_u2)
    once = _frobenius12(value)
    twice = _frobenius12(once)
    y0 = _product12(once, twice, _frobenius12(twice))
    y1 = _conjugate12(value)
    y2 = _frobenius12(_frobenius12(by_u2))
    y3 = _conjugate12(_frobenius12(by_u))
    y4 = _conjugate12(_product12(by_u, _frobenius12(by_u2)))
    y5 = _conjugate12(by_u2)
    y6 = _conjugate12(_product12(by_u3, _frobenius12(by_u3)))
    t0 = _product12(_square12(y6), y4, y5)
    t1 = _product12(y3, y5, t0)
    t0 = _product12(t0, y2)
    t1 = _square12(_product12(_square12(t1), t0))
    return _product12(_square12(_product12(t1, y1)), _product12(t1, y0))
