"""What a person may type."""

from __future__ import annotations

import click
import pytest
from sending.arguments import AddressOrRecipient, Amount, Data, Key, Target

from quarkparsec.types import Recipient, ShardKey

SOMEBODY = Recipient(b"\x11" * 20)


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("0", 0),
        ("7wei", 7),
        ("2gwei", 2 * 10**9),
        ("1.5 ether", 15 * 10**17),
        ("0.000000000000000001ether", 1),
        ("123456789012.123456789012345678ether", 123456789012123456789012345678),
        (str(2**256), 2**256),
    ],
)
def test_an_amount_is_exact(text: str, wei: int) -> None:
    assert Amount().convert(text, None, None) == wei


@pytest.mark.parametrize(
    "text", ["", "-1", "1e18", "0.5", "0.1wei", "1eth", "0x1", "1.ether", "١"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Amount().convert(text, None, None)


@pytest.mark.parametrize("text", ["a0b0c0d", "0A0B0C0D", "0x0a0b0c0d"])
def test_a_key_is_hexadecimal(text: str) -> None:
    assert Key().convert(text, None, None) == 0x0A0B0C0D


@pytest.mark.parametrize("text", ["", "0x", "123456789", "-1", "zz", " 1"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Key().convert(text, None, None)


def test_an_address_may_say_its_key() -> None:
    short, long = "0x" + SOMEBODY.hex(), "0x" + SOMEBODY.hex() + "0000000a"
    assert AddressOrRecipient().convert(short, None, None) == Target(SOMEBODY, None)
    assert AddressOrRecipient().convert(long, None, None) == Target(SOMEBODY, ShardKey(10))


@pytest.mark.parametrize("text", ["", "0x", "11" * 20, "0x" + "11" * 21, "0x" + "zz" * 20])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        AddressOrRecipient().convert(text, None, None)


def test_data_are_bytes() -> None:
    assert Data().convert("0x0102", None, None) == b"\x01\x02"
    with pytest.raises(click.BadParameter):
        Data().convert("0x012", None, None)
