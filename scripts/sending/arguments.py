"""What a person types: amounts of money, shard keys, addresses, data."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, NamedTuple

import click

from quarkparsec.codec.quantities import parse_data
from quarkparsec.errors import InvalidInput
from quarkparsec.types import ADDRESS_BYTES, RECIPIENT_BYTES, Address, Recipient, ShardKey

_UNITS: Final = {"wei": 0, "gwei": 9, "ether": 18}
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?) *(wei|gwei|ether)?", re.ASCII)
_KEY: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{1,8})", re.ASCII)


class Target(NamedTuple):
    """Whom a transaction goes to; the key if the address says it."""

    recipient: Recipient
    shard_key: ShardKey | None


class Amount(click.ParamType[int]):
    """5, 5wei, 2gwei, 1.5ether → wei."""

    name = "amount"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        read = _AMOUNT.fullmatch(str(value))
        if read is None:
            self.fail(f"{value} is no amount such as 5, 2gwei or 1.5ether", param, ctx)
        wei: Fraction = Fraction(read[1]) * 10 ** _UNITS[read[2] or "wei"]
        if wei.denominator != 1:
            self.fail(f"{value} isn't a whole number of wei", param, ctx)
        return int(wei)


class Key(click.ParamType[ShardKey]):
    """Up to eight hexadecimal digits → a shard key."""

    name = "hex"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ShardKey:
        read = _KEY.fullmatch(str(value))
        if read is None:
            self.fail(f"{value} is no shard key: up to 8 hexadecimal digits", param, ctx)
        return ShardKey(int(read[1], 16))


class Data(click.ParamType[bytes]):
    """0x… → bytes."""

    name = "hex"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        try:
            return value if isinstance(value, bytes) else parse_data(value)
        except InvalidInput as error:
            self.fail(f"{value}: {error}", param, ctx)


class AddressOrRecipient(click.ParamType[Target]):
    """0x and 40 digits, or 48 with the shard key."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Target:
        try:
            given = parse_data(value)
        except InvalidInput as error:
            self.fail(f"{value}: {error}", param, ctx)
        if len(given) == RECIPIENT_BYTES:
            return Target(Recipient(given), None)
        if len(given) != ADDRESS_BYTES:
            words = f"{value} has {len(given)} bytes, an address 20, or 24 with its key"
            self.fail(words, param, ctx)
        return Target(*Address.decode(given))
