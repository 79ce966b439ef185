"""A transaction's outermost frame, which executions that count and read-only ones share."""

from __future__ import annotations

from typing import NamedTuple

from eth.exceptions import VMError

from quarkparsec.chain.access_list import AccessList, warm_keys
from quarkparsec.chain.creation import create_address
from quarkparsec.runners.evm import faults
from quarkparsec.runners.evm.contract_rule import visible_code
from quarkparsec.runners.evm.frame import Frame, Message
from quarkparsec.runners.evm.instructions.creations import (
    has_collision,
    run_creation,
)
from quarkparsec.runners.evm.interpreter import run_call
from quarkparsec.runners.evm.world import World
from quarkparsec.state.account import delegate_of
from quarkparsec.types import Recipient

REFUND_QUOTIENT = 5
"""At most a fifth of the gas comes back (EIP-3529)."""


class Outermost(NamedTuple):
    """How the outermost frame ended."""

    gas_left: int
    output: bytes
    contract: Recipient | None
    fault: VMError | None


def make_warm(world: World, to: Recipient | None, access_list: AccessList) -> None:
    """What is warm from the start (EIP-2929, EIP-2930, EIP-3651)."""
    warm = world.journal.warm
    warm.update(world.rules.precompiles)
    warm.add(world.origin)
    warm.add(world.block.coinbase)
    if to is not None:
        warm.add(to)
    for recipient, slots in access_list:
        warm.update(warm_keys(recipient, slots))


def run_outermost(
    world: World, to: Recipient | None, value: int, data: bytes, gas: int
) -> Outermost:
    """Run a call, or for `to` None a creation, with `gas` left after the intrinsic gas."""
    world.origin_spent = world.journal.entry(world.origin).balance - value
    if to is None:
        return _create(world, value, data, gas)
    rules = world.rules
    code = visible_code(world, to)
    precompile = rules.precompiles.get(to)
    delegate = delegate_of(code) if rules.delegates else None
    if delegate is not None:
        world.journal.make_warm(delegate)
        code, precompile = visible_code(world, delegate), None
    frame = Frame(world, Message(world.origin, to, value, data, 0, False), code, gas)
    fault = run_call(frame, precompile, pays=True)
    return Outermost(frame.gas, frame.output, None, fault)


def gas_after_refund(world: World, gas_limit: int, gas_left: int, floor: int) -> int:
    """The gas that is paid for (EIP-3529, EIP-7623). Authorizations' refunds survive a failure."""
    used = gas_limit - gas_left
    used -= min(world.refund, used // REFUND_QUOTIENT)
    return max(used, floor)


def _create(world: World, value: int, initcode: bytes, gas: int) -> Outermost:
    # The sender's nonce counts this transaction already.
    contract = create_address(world.origin, world.journal.entry(world.origin).nonce - 1)
    world.journal.make_warm(contract)
    if has_collision(world, contract):
        return Outermost(0, b"", contract, VMError(faults.ADDRESS_COLLISION))
    frame = Frame(world, Message(world.origin, contract, value, b"", 0, False), initcode, gas)
    fault = run_creation(frame)
    return Outermost(frame.gas, frame.output, contract, fault)
