"""eth_call and eth_estimateGas: run code without leaving a trace."""

from __future__ import annotations

from typing import Final

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import BLOCK, BlockReference, resolve_epoch
from quarkparsec.jsonrpc.arguments.call import CallObject, parse_call
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import CallRequest, Node
from quarkparsec.jsonrpc.rpc_error import SERVER_ERROR, RpcError


async def call(node: Node, wanted: CallObject, block: BlockReference, *_overrides: None) -> str:
    """What a call returns at the end of a block."""
    request = _check(node, wanted)
    return data(await node.call(request, await resolve_epoch(node, block)))


async def estimate_gas(
    node: Node, wanted: CallObject, block: BlockReference, *_overrides: None
) -> str:
    """The least gas limit with which a transaction would succeed."""
    request = _check(node, wanted)
    if request.to is None and not request.data:
        raise RpcError(SERVER_ERROR, "contract creation without any data provided")
    return quantity(await node.estimate_gas(request, await resolve_epoch(node, block)))


def _check(node: Node, wanted: CallObject) -> CallRequest:
    if wanted.chain_id not in (None, node.chain_id):
        raise RpcError(
            SERVER_ERROR,
            f"chainId does not match node's (have={wanted.chain_id}, want={node.chain_id})",
        )
    return wanted.request


def _parse_no_overrides(value: object) -> None:
    """Overriding state or block isn't offered: better an error than a wrong answer."""
    if value != {}:
        raise InvalidInput("overrides are not supported")


_ARGUMENTS: Final = (
    Argument("transaction", parse_call),
    BLOCK,
    Argument("state overrides", _parse_no_overrides, None),
    Argument("block overrides", _parse_no_overrides, None),
)

METHODS: Final = (
    Method("eth_call", call, _ARGUMENTS, Cost.EXECUTION),
    Method("eth_estimateGas", estimate_gas, _ARGUMENTS, Cost.EXECUTION),
)
