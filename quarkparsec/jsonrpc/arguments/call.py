"""The transaction object of eth_call and eth_estimateGas: everything optional, nothing signed.

Tools differ in what they send, so this is lenient where the meaning is clear: `data` and `input` may both
be there if they're equal (cast), null members are as if absent, unknown members are ignored (web3.js sends
`hardfork` and `networkId`), and `nonce` and `type` don't matter to a call. Blobs are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.authorization import Authorization
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.scalars import (
    parse_bytes,
    parse_hash,
    parse_recipient,
    parse_uint64,
    parse_uint256,
)
from quarkparsec.jsonrpc.node import CallRequest
from quarkparsec.limits import CALL_GAS_MAX
from quarkparsec.types import RECIPIENT_BYTES, Gas, Recipient, Slot, Wei

T = TypeVar("T")

_NOBODY: Final = Recipient(bytes(RECIPIENT_BYTES))
"""Who calls if the caller doesn't say."""

_BLOB_MEMBERS: Final = ("maxFeePerBlobGas", "blobVersionedHashes", "blobs")


class CallObject(NamedTuple):
    """A call, and the chain id that its sender believes in."""

    request: CallRequest
    chain_id: int | None


def parse_call(value: object) -> CallObject:
    """Read a transaction object. Raises InvalidInput."""
    members = _object(value)
    if any(members.get(name) is not None for name in _BLOB_MEMBERS):
        raise InvalidInput("transaction type not supported: blob transactions")
    max_fee, max_priority_fee = _parse_fees(members)
    request = CallRequest(
        sender=_member(members, "from", parse_recipient, _NOBODY),
        to=_member(members, "to", parse_recipient, None),
        gas_limit=Gas(min(_member(members, "gas", parse_uint64, CALL_GAS_MAX), CALL_GAS_MAX)),
        max_fee_per_gas=max_fee,
        max_priority_fee_per_gas=max_priority_fee,
        value=Wei(_member(members, "value", parse_uint256, 0)),
        data=_parse_input(members),
        access_list=_member(members, "accessList", _parse_access_list, ()),
        authorizations=_member(members, "authorizationList", _parse_authorizations, ()),
    )
    return CallObject(request, _member(members, "chainId", parse_uint256, None))


def _parse_input(members: dict[str, Any]) -> bytes:
    data = _member(members, "data", parse_bytes, None)
    given = _member(members, "input", parse_bytes, data)
    if data is not None and data != given:
        raise InvalidInput(
            'both "data" and "input" are set and not equal.'
            ' Please use "input" to pass transaction call data'
        )
    return given or b""


def _parse_fees(members: dict[str, Any]) -> tuple[Wei, Wei]:
    price = _member(members, "gasPrice", parse_uint256, None)
    cap = _member(members, "maxFeePerGas", parse_uint256, None)
    tip = _member(members, "maxPriorityFeePerGas", parse_uint256, None)
    if price is not None:
        if cap is not None or tip is not None:
            raise InvalidInput(
                "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"
            )
        return Wei(price), Wei(price)
    if cap is None:
        return Wei(0), Wei(0)
    if tip is not None and cap < tip:
        raise InvalidInput(f"maxFeePerGas ({cap}) < maxPriorityFeePerGas ({tip})")
    return Wei(cap), Wei(tip or 0)


def _parse_access_list(value: object) -> AccessList:
    return tuple([_parse_access_list_entry(_object(entry)) for entry in _list(value)])


def _parse_access_list_entry(entry: dict[str, Any]) -> tuple[Recipient, tuple[Slot, ...]]:
    slots = [Slot(parse_hash(key)) for key in _list(entry.get("storageKeys") or [])]
    return _required(entry, "address", parse_recipient), tuple(slots)


def _parse_authorizations(value: object) -> tuple[Authorization, ...]:
    return tuple([_parse_authorization(_object(entry)) for entry in _list(value)])


def _parse_authorization(entry: dict[str, Any]) -> Authorization:
    return Authorization(
        chain_id=_required(entry, "chainId", parse_uint256),
        recipient=_required(entry, "address", parse_recipient),
        nonce=_required(entry, "nonce", parse_uint64),
        parity=_required(entry, "yParity", parse_uint64),
        r=_required(entry, "r", parse_uint256),
        s=_required(entry, "s", parse_uint256),
    )


def _member(members: dict[str, Any], name: str, parse: Callable[[object], T], default: Any) -> Any:
    value = members.get(name)
    return default if value is None else _named(name, parse, value)


def _required(members: dict[str, Any], name: str, parse: Callable[[object], T]) -> T:
    value = members.get(name)
    if value is None:
        raise InvalidInput(f"missing required field '{name}'")
    return _named(name, parse, value)


def _named(name: str, parse: Callable[[object], T], value: object) -> T:
    try:
        return parse(value)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None


def _object(value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise InvalidInput("expected an object")
    return value


def _list(value: object) -> list[object]:
    if type(value) is not list:
        raise InvalidInput("expected a list")
    return value
