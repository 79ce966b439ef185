"""The envelope: one message with an id, and how errors travel in it.

    0       a notice, nothing comes back
    odd     a request
    even    the answer to the request before it: a message, or a Failure

A failure names its kind in the tree of errors.py and is raised again, as what it was, at the other end.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from quarkparsec.errors import (
    Corrupt,
    Elsewhere,
    InvalidInput,
    PrunedHistory,
    QuarkparsecError,
    Rejected,
    TooManyResults,
    Unavailable,
)
from quarkparsec.wire.copies import CopyMessage
from quarkparsec.wire.epoch import FromMaster, FromShard
from quarkparsec.wire.lanes import LaneMessages
from quarkparsec.wire.moves import MoveOrder, MoveReport
from quarkparsec.wire.operations import OperationMessage
from quarkparsec.wire.queries import QueryMessage

NOTICE: Final = 0


class Failure(msgspec.Struct, frozen=True, tag=True):
    """A request failed: which branch of the tree of errors, and the words."""

    kind: str
    words: str


Message = (
    FromShard
    | FromMaster
    | LaneMessages
    | MoveOrder
    | MoveReport
    | QueryMessage
    | CopyMessage
    | OperationMessage
    | Failure
)


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """What one frame carries."""

    id: Annotated[int, msgspec.Meta(ge=NOTICE)]
    message: Message


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Envelope)

_KINDS: Final[dict[str, type[QuarkparsecError]]] = {
    kind.__name__: kind
    for kind in (
        InvalidInput,
        TooManyResults,
        Rejected,
        PrunedHistory,
        Elsewhere,
        Unavailable,
        Corrupt,
    )
}
"""The errors that travel as what they are; a subclass travels as the first of its bases here."""


def encode_envelope(envelope: Envelope) -> bytes:
    """The payload of a frame."""
    return _encoder.encode(envelope)


def decode_envelope(payload: bytes) -> Envelope:
    """Read the payload of a frame. Raises InvalidInput."""
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidInput(f"a malformed message: {error}") from error


def to_failure(error: QuarkparsecError) -> Failure:
    """What to answer when a request raised `error`."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _KINDS]
    return Failure(names[0] if names else InvalidInput.__name__, str(error))


def raise_failure(message: Message) -> Message:
    """Raise what the peer raised; any other message comes back as it is."""
    if not isinstance(message, Failure):
        return message
    kind = _KINDS.get(message.kind)
    if kind is None:
        raise InvalidInput(f"the peer failed in an unknown way: {message.kind}")
    raise kind(message.words)
