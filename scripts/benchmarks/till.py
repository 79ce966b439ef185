"""A contract that counts its calls and pays out what they brought: all that a remote call needs to meet others.

Called without data it adds one to its only slot. Called with a recipient, as a word, it also sends that one
a wei, and fails if it hasn't got it.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.types import Recipient

_RUNTIME: Final = bytes.fromhex(
    "60015f54015f55"  # slot 0 += 1
    "36600c57"  # is there data? go on at 0x0c
    "00"  # stop
    "5b5f5f5f5f60015f355af1"  # call the recipient with 1 wei and all gas
    "601d57"  # it went well? go on at 0x1d
    "5f5ffd"  # revert
    "5b00"  # stop
)

CREATION_CODE: Final = bytes((0x60, len(_RUNTIME), *bytes.fromhex("8060095f395ff3"))) + _RUNTIME
"""Copies what comes after its nine bytes, and returns it."""

DEPLOY_GAS: Final = 150_000
CALL_GAS: Final = 90_000
"""21,000; 22,100 for a slot that was zero; 36,600 for a payout to somebody new; and its data."""

PAYOUT: Final = 1
"""Wei."""


def payout_call(payee: Recipient) -> bytes:
    """Calldata that has a wei sent to `payee`."""
    return payee.rjust(32, b"\0")
