"""Errors as a client sees them: a code, words, and sometimes data.

Libraries decide by code or by words, so both are geth's wherever it has an answer to the same question:

    -32700  the body isn't JSON                        -32000  a rule refused it; see the words
    -32600  it isn't a request, or too large a batch   -32002  not now: a deadline passed, a shard is away
    -32601  no such method                             -32003  the answers of a batch became too large
    -32602  arguments are missing or malformed         -32005  a limit of this server (EIP-1474)
    -32603  our own fault; the words say nothing else      3   execution reverted; data is what it returned
                                                        4444   pruned history (execution-apis)
"""

from __future__ import annotations

from typing import Final

from quarkparsec.codec.quantities import data
from quarkparsec.errors import (
    InvalidInput,
    PrunedHistory,
    QuarkparsecError,
    Rejected,
    TooManyResults,
    Unavailable,
)
from quarkparsec.jsonrpc.node import ExecutionReverted
from quarkparsec.jsonrpc.revert import revert_data, revert_words
from quarkparsec.limits import LOG_RESULTS_MAX

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
SERVER_ERROR: Final = -32000
UNAVAILABLE: Final = -32002
RESPONSE_TOO_LARGE: Final = -32003
LIMIT_EXCEEDED: Final = -32005
REVERTED: Final = 3
PRUNED_HISTORY: Final = 4444

_NAME_SHOWN_MAX: Final = 80
"""Characters of an unknown method's name that are echoed."""


class RpcError(QuarkparsecError):
    """An answer that is an error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def invalid_params(words: str) -> RpcError:
    """The arguments are wrong."""
    return RpcError(INVALID_PARAMS, words)


def method_not_found(name: str) -> RpcError:
    """Exactly geth's words: ethers recognises a missing method by them."""
    shown = name[:_NAME_SHOWN_MAX]
    return RpcError(METHOD_NOT_FOUND, f"the method {shown} does not exist/is not available")


def as_rpc_error(error: QuarkparsecError) -> RpcError | None:
    """What a client is told about an expected error; None if it is a fault of ours."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, ExecutionReverted):
        words = revert_words(error.data, error.elsewhere)
        return RpcError(REVERTED, words, data(revert_data(error.data, error.elsewhere)))
    if isinstance(error, PrunedHistory):
        return RpcError(PRUNED_HISTORY, "pruned history unavailable")
    if isinstance(error, TooManyResults):
        return RpcError(LIMIT_EXCEEDED, f"query returned more than {LOG_RESULTS_MAX} results")
    if isinstance(error, Unavailable):
        return RpcError(UNAVAILABLE, str(error))
    if isinstance(error, (Rejected, InvalidInput)):
        return RpcError(SERVER_ERROR, str(error))
    return None
