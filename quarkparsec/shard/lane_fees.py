"""Lane 4: the epoch's tips go to the coinbase, once, in its home shard.

A transaction's tip is credited to nobody while it runs: that would make every transaction of a block
write the same account. The shards report their sums, the master adds them up and names the total in
the `Seal` of the coinbase's home shard.
"""

from __future__ import annotations

from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient, Wei, home_key


def credit_fees(journal: Journal, coinbase: Recipient, fees: Wei) -> None:
    """Add `fees` to the coinbase's balance."""
    if fees:
        journal.begin_transaction(home_key(coinbase))
        journal.add_balance(coinbase, fees)
        journal.end_transaction()
