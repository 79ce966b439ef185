"""The surroundings of a read-only execution: it also remembers whom the code took for a contract in vain.

An account whose contract lives under another key is a stub that reverts (contract_rule), and in another shard
it isn't there at all. Code that relies on such a contract reverts, mostly without a word; who is told the
recipient can find out where it really lives. Executions that count remember nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from quarkparsec.chain.legs import Endowment
from quarkparsec.limits import STRANGERS_MAX
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.contract_rule import is_foreign, visible_code
from quarkparsec.runners.evm.rules import Rules
from quarkparsec.runners.evm.world import World
from quarkparsec.state.account import delegate_of
from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient


class ReadOnlyWorld(World):
    """A world in which a call leaves no trace but the strangers that it met."""

    __slots__ = ("strangers",)

    def __init__(
        self,
        journal: Journal,
        block: BlockContext,
        rules: Rules,
        origin: Recipient,
        gas_price: int,
        out_of_time: Callable[[], bool],
        endowments: Mapping[Recipient, Endowment],
    ) -> None:
        super().__init__(journal, block, rules, origin, gas_price, out_of_time, endowments)
        self.strangers: list[Recipient] = []
        """Called, or asked for code: accounts without code that this call sees, in the order met."""

    def meet(self, recipient: Recipient) -> None:
        """The code calls an account, or asks for its code; so for the one that it delegates to, too."""
        code = visible_code(self, recipient)
        delegate = delegate_of(code) if self.rules.delegates else None
        if delegate is not None:
            self._note(delegate)
        self._note(recipient)

    def _note(self, recipient: Recipient) -> None:
        if recipient in self.strangers or len(self.strangers) >= STRANGERS_MAX:
            return
        sees_code = visible_code(self, recipient) or recipient in self.rules.precompiles
        if is_foreign(self, recipient) or not sees_code:
            self.strangers.append(recipient)
