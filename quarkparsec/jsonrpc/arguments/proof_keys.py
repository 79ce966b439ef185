"""The storage keys of eth_getProof, which come back in the answer.

A key of 32 bytes comes back as data, a shorter one as a quantity, as geth does.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.codec.quantities import quantity
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.scalars import parse_slot
from quarkparsec.limits import PROOF_SLOTS_MAX
from quarkparsec.types import Slot

_FULL_TEXT_SIZE: Final = 66


class ProofKey(NamedTuple):
    """A slot, and how the answer spells it."""

    slot: Slot
    shown: str


def parse_proof_keys(value: object) -> tuple[ProofKey, ...]:
    """Read a list of storage keys. Raises InvalidInput."""
    if type(value) is not list:
        raise InvalidInput("expected a list of storage keys")
    if len(value) > PROOF_SLOTS_MAX:
        raise InvalidInput(f"too many slots, at most {PROOF_SLOTS_MAX}")
    return tuple([_parse_key(key) for key in value])


def _parse_key(value: object) -> ProofKey:
    slot = parse_slot(value)
    is_full = type(value) is str and len(value) == _FULL_TEXT_SIZE
    return ProofKey(slot, "0x" + slot.hex() if is_full else quantity(int.from_bytes(slot, "big")))
