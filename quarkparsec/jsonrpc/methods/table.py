"""Every method that the public port answers, by name.

What isn't here doesn't exist: `eth_sendTransaction`, `eth_sign` and `personal_*` would need keys in the
node, and admin methods have a door of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from quarkparsec.jsonrpc.method import Method
from quarkparsec.jsonrpc.methods import (
    eth_blocks,
    eth_call,
    eth_chain,
    eth_fees,
    eth_logs,
    eth_state,
    eth_transactions,
    net,
    qp,
    qp_transactions,
    web3,
)

_NAMESPACES: Final = (
    eth_chain,
    eth_state,
    eth_blocks,
    eth_transactions,
    eth_call,
    eth_logs,
    eth_fees,
    net,
    web3,
    qp,
    qp_transactions,
)

METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {method.name: method for namespace in _NAMESPACES for method in namespace.METHODS}
)
