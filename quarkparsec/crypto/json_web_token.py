"""The token of the admin port: a JSON Web Token as Ethereum's engine API has it.

HS256 over header.payload with a shared 32-byte secret; the payload's `iat` says when it was made and must
be within a minute of now, so that a token that leaks into a log is soon worthless (execution-apis,
engine/authentication.md). Other algorithms, `none` among them, are refused.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

import msgspec

from quarkparsec.errors import InvalidInput

AGE_S_MAX: Final = 60

_HEADER: Final = b'{"alg":"HS256","typ":"JWT"}'


class _Header(msgspec.Struct):
    alg: str


class _Payload(msgspec.Struct):
    iat: int


def make_token(secret: bytes, now_s: int) -> str:
    """A token that is good for a minute."""
    payload = msgspec.json.encode(_Payload(now_s))
    signed = _encode(_HEADER) + "." + _encode(payload)
    return signed + "." + _encode(_sign(secret, signed))


def check_token(token: str, secret: bytes, now_s: int) -> None:
    """Raise InvalidInput unless the token was made with `secret` within the last minute."""
    if not token.isascii():
        raise InvalidInput("the token is malformed")
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    if _read(header, _Header).alg != "HS256":
        raise InvalidInput("the token's algorithm must be HS256")
    if not hmac.compare_digest(_decode(signature), _sign(secret, signed)):
        raise InvalidInput("the token's signature doesn't fit")
    if abs(_read(payload, _Payload).iat - now_s) > AGE_S_MAX:
        raise InvalidInput("the token is stale")


def _sign(secret: bytes, signed: str) -> bytes:
    return hmac.digest(secret, signed.encode(), "sha256")


def _read(part: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(_decode(part), type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidInput("the token is malformed") from error


def _encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def _decode(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as error:
        raise InvalidInput("the token is malformed") from error
