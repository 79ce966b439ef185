"""A fork's rules as tables: what each opcode does and costs, and the precompiled contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from quarkparsec.runners.evm.call_data import CallData
from quarkparsec.types import Recipient

Instruction = tuple[Callable[..., None], int, int, int]
"""What runs, its constant gas, and how few and how many words the stack may hold before it."""


class Precompile(NamedTuple):
    """A contract that is part of the machine."""

    gas: Callable[[CallData], int]
    """What the input costs, known before anything is computed."""
    run: Callable[[CallData], bytes]
    """The output. Raises InvalidInput, which takes all the gas."""


class Rules(NamedTuple):
    """Everything in which forks differ for a running frame."""

    instructions: tuple[Instruction, ...]
    """256 entries."""
    precompiles: Mapping[Recipient, Precompile]
    delegates: bool
    """Whether code may point to another account's (EIP-7702)."""
