"""What a method is: a name, its arguments, an async function over a Node, and what it costs.

The namespaces declare their methods as tables of these (methods/), so that documents, tests and the
server's budgets all read the same rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from quarkparsec.errors import QuarkparsecError
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.node import Node

Run = Callable[..., Awaitable[Any]]
"""(node, *arguments) → a JSON value. Raises the errors of errors.py."""

RunMany = Callable[[Node, Sequence[Sequence[Any]]], Awaitable[Sequence[Any | QuarkparsecError]]]
"""(node, arguments of each) → a JSON value or an error for each."""


class Cost(IntEnum):
    """What one request takes out of its client's budget, in units of the cheapest."""

    MEMORY = 1
    """Answered from what the door knows itself."""
    LOOKUP = 2
    """One question to one shard, answered by a few reads."""
    SUBMIT = 4
    """A signature is recovered."""
    BLOCK = 10
    """Whole blocks are read."""
    SEARCH = 50
    """Many blocks are looked at."""
    EXECUTION = 100
    """The EVM runs."""


class Client(NamedTuple):
    """Who asks."""

    network_address: str
    """Where the request came from, as text."""
    spend: Callable[[Cost], bool]
    """Takes a cost out of the client's budget; False if there isn't that much left."""


class Method(NamedTuple):
    """One row of a namespace's table."""

    name: str
    run: Run
    arguments: tuple[Argument, ...]
    cost: Cost
    run_many: RunMany | None = None
    """Runs consecutive members of a batch as one, in their order; only where that is faster."""
    sees_client: bool = False
    """Gets the Client before its arguments."""
