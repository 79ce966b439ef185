"""Positional arguments, read by geth's rules.

`params` is a list, or absent or null for an empty one. A member that is missing or null takes its
argument's default; without a default it's an error. More members than arguments are an error, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.rpc_error import invalid_params

REQUIRED: Final = object()
"""The default of an argument that has none."""


class Argument(NamedTuple):
    """One position: its name in documents, how to read it, and what it is if it isn't there."""

    name: str
    parse: Callable[[object], Any]
    """From parsed JSON; never gets None. Raises InvalidInput with geth's words."""
    default: Any = REQUIRED


def read_arguments(arguments: Sequence[Argument], params: object) -> list[Any]:
    """The values of `arguments` in `params`. Raises RpcError."""
    if params is None:
        params = []
    if type(params) is not list:
        raise invalid_params("non-array args")
    if len(params) > len(arguments):
        raise invalid_params(f"too many arguments, want at most {len(arguments)}")
    params.extend([None] * (len(arguments) - len(params)))
    return [
        _read(argument, index, value)
        for index, (argument, value) in enumerate(zip(arguments, params, strict=True))
    ]


def _read(argument: Argument, index: int, value: object) -> Any:
    if value is None:
        if argument.default is REQUIRED:
            raise invalid_params(f"missing value for required argument {index}")
        return argument.default
    try:
        return argument.parse(value)
    except InvalidInput as error:
        raise invalid_params(f"invalid argument {index}: {error}") from None
