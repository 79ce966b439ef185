"""The admin port: JSON-RPC for operators, behind a token.

The token is a JSON Web Token made with the secret in `jwt.hex`, as between an Ethereum node and its
consensus client. Admin methods exist on this port only.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

from aiohttp import web

from quarkparsec.crypto.json_web_token import check_token
from quarkparsec.errors import InvalidInput

_BEARER: Final = "Bearer "
_SECRET: Final = re.compile("[0-9A-Fa-f]{64}")


class TokenGuard:
    """Lets in requests that carry a fresh token."""

    def __init__(self, path: Path) -> None:
        self._secret: Final = load_token_secret(path)

    def __call__(self, request: web.BaseRequest) -> str | None:
        """Why a request is refused, or None."""
        header = request.headers.get("Authorization", "")
        if not header.startswith(_BEARER):
            return "missing token"
        try:
            check_token(header[len(_BEARER) :], self._secret, int(time.time()))
        except InvalidInput as error:
            return str(error)
        return None


def load_token_secret(path: Path) -> bytes:
    """What tokens are made with. Raises InvalidInput for one that others may read, or that is none."""
    try:
        if path.stat().st_mode & 0o077:
            raise InvalidInput(f"{path} is readable by others; chmod 600 it")
        digits = path.read_text().strip().removeprefix("0x")
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    if _SECRET.fullmatch(digits) is None:  # an empty one, above all, would let everybody in
        raise InvalidInput(f"{path} must hold 64 hex digits")
    return bytes.fromhex(digits)
