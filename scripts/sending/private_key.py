"""Where the private key comes from: never from the command line, which everybody on the machine sees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from quarkparsec.codec.quantities import parse_data
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from quarkparsec.errors import InvalidInput

VARIABLE: Final = "QUARKPARSEC_PRIVATE_KEY"
PRIVATE_KEY_BYTES: Final = 32


def read_private_key(file: Path | None, devnet_account: int | None) -> bytes:
    """The key of a development account, of a file, of the environment, or typed unseen. Raises InvalidInput."""
    if devnet_account is not None:
        return derive_keys(TEST_MNEMONIC, devnet_account + 1)[devnet_account]
    if file is not None:
        return _parse(file.read_text())
    if VARIABLE in os.environ:
        return _parse(os.environ[VARIABLE])
    return _parse(click.prompt("private key", hide_input=True))


def _parse(text: str) -> bytes:
    digits = text.strip().removeprefix("0x")
    try:
        return parse_data(f"0x{digits}", size=PRIVATE_KEY_BYTES)
    except InvalidInput:
        raise InvalidInput("a private key is 64 hexadecimal digits") from None
