"""The rules of each fork, assembled: instructions, precompiled contracts, delegation."""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.fork import Fork
from quarkparsec.runners.evm.instructions import table
from quarkparsec.runners.evm.precompiles import table as precompiles
from quarkparsec.runners.evm.rules import Rules

RULES: Final[dict[Fork, Rules]] = {
    "cancun": Rules(table.CANCUN, precompiles.CANCUN, delegates=False),
    "prague": Rules(table.PRAGUE, precompiles.PRAGUE, delegates=True),
}
"""For executions that count: the same everywhere, with no clock."""

WATCHED_RULES: Final[dict[Fork, Rules]] = {
    fork: rules._replace(instructions=table.watched(rules.instructions))
    for fork, rules in RULES.items()
}
"""For read-only executions, which are stopped when they take too long."""
