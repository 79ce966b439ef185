"""From what a person wants to a signed transaction: asks the node for what wasn't said.

Who names a shard key, their own or the target's, sends a native transaction; the key that isn't named is
the sender's home, the target's place as the cluster knows it, or for a creation the sender's. Otherwise it
is an ordinary transaction for the chain id of the URL.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from benchmarks.load.endpoint import Endpoint
from benchmarks.load.fees import ask_base_fee

from quarkparsec.chain.chain_ids import is_cluster_chain_id, split_chain_id
from quarkparsec.chain.signer import Unsigned, sign_dynamic_fee, sign_native
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Rejected
from quarkparsec.types import Address, Recipient, ShardKey, home_key
from sending.arguments import Target

FEE_CAP_OVER_BASE_FEE: Final = 2
"""Enough for five full blocks before this one."""


class Order(NamedTuple):
    """What is wanted; None: not said."""

    to: Target | None
    """None creates a contract."""
    value: int
    data: bytes
    from_key: ShardKey | None
    to_key: ShardKey | None
    gas_limit: int | None


class Ready(NamedTuple):
    """A signed transaction, and the keys on both sides."""

    raw: bytes
    from_key: ShardKey
    to_key: ShardKey


async def make_ready(endpoint: Endpoint, order: Order, private_key: bytes) -> Ready:
    """Sign what is wanted. Raises Rejected, RpcError, Unavailable."""
    chain_id = int(await endpoint.call("eth_chainId"), 16)
    if order.from_key is None and order.to_key is None:
        return await _ordinary(endpoint, chain_id, order, private_key)
    if not is_cluster_chain_id(chain_id):
        raise Rejected(
            f"{endpoint.url} shows a single shard key: choose keys at the cluster's own URL"
        )
    return await _native(endpoint, chain_id, order, private_key)


async def _ordinary(endpoint: Endpoint, chain_id: int, order: Order, private_key: bytes) -> Ready:
    sender = recipient_of(private_key)
    nonce = await endpoint.call("eth_getTransactionCount", data(sender), "pending")
    call = _call(sender, order, order.value)
    gas_limit = order.gas_limit or int(await endpoint.call("eth_estimateGas", call), 16)
    unsigned = await _unsigned(endpoint, chain_id, int(nonce, 16), gas_limit, order)
    _, key = split_chain_id(chain_id)
    from_key = home_key(sender) if key is None else key
    to_key = await _place(endpoint, order.to, from_key) if key is None else key
    return Ready(sign_dynamic_fee(unsigned, private_key), from_key, to_key)


async def _native(endpoint: Endpoint, chain_id: int, order: Order, private_key: bytes) -> Ready:
    sender = recipient_of(private_key)
    from_key = home_key(sender) if order.from_key is None else order.from_key
    to_key = order.to_key
    if to_key is None:
        to_key = await _place(endpoint, order.to, from_key)
    address = data(Address(sender, from_key).encode())
    nonce = await endpoint.call("qp_getTransactionCount", address, "pending")
    gas_limit = order.gas_limit or await _estimate_at(endpoint, sender, from_key, to_key, order)
    unsigned = await _unsigned(endpoint, chain_id, int(nonce, 16), gas_limit, order)
    return Ready(sign_native(unsigned, from_key, to_key, private_key), from_key, to_key)


async def _unsigned(
    endpoint: Endpoint, chain_id: int, nonce: int, gas_limit: int, order: Order
) -> Unsigned:
    tip = int(await endpoint.call("eth_maxPriorityFeePerGas"), 16)
    cap = FEE_CAP_OVER_BASE_FEE * await ask_base_fee(endpoint) + tip
    to = order.to.recipient if order.to else None
    return Unsigned(chain_id, nonce, tip, cap, gas_limit, to, order.value, order.data)


async def _place(endpoint: Endpoint, to: Target | None, creator_key: ShardKey) -> ShardKey:
    """The key of a target as the cluster knows it; what a sender creates gets its own."""
    if to is None:
        return creator_key
    found = await endpoint.call("qp_getAddress", data(to.recipient))
    return ShardKey(int(found["shardKey"], 16))


async def _estimate_at(
    endpoint: Endpoint, sender: Recipient, from_key: ShardKey, to_key: ShardKey, order: Order
) -> int:
    """The gas that is needed under the target's key.

    The sender's money under another key can't be spent there, so such an estimate is made without a value.
    """
    value = order.value if from_key == to_key else 0
    there = endpoint.at(f"/key/{to_key:08x}")
    return int(await there.call("eth_estimateGas", _call(sender, order, value)), 16)


def _call(sender: Recipient, order: Order, value: int) -> dict[str, Any]:
    call = {"from": data(sender), "value": quantity(value), "data": data(order.data)}
    return call | ({"to": data(order.to.recipient)} if order.to else {})
