"""Where a shard stands among the others in a round, and which lane a transaction takes from there.

    destination                                                 lane
    here                                                        1
    here, but it creates a contract whose home is elsewhere     2
    another shard, and code may run there                       2
    another shard, and nothing runs there                       3

What needs a shard that is absent from the round waits in the pool; so does what pays strangers, of whom nobody
here knows whether they are contracts of the absent one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from quarkparsec.chain.creation import create_address
from quarkparsec.runners.outcome import Done
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.types import Recipient, ShardId, ShardKey, home_key, shard_of


class Neighbourhood(NamedTuple):
    """One shard among the shards of a round."""

    shard_id: ShardId
    shard_count: int
    present: frozenset[ShardId]

    def shard_of_key(self, key: ShardKey) -> ShardId:
        """Where a shard key lives."""
        return shard_of(key, self.shard_count)

    def home_of(self, recipient: Recipient) -> ShardId:
        """Where an account lives when nobody says otherwise."""
        return shard_of(home_key(recipient), self.shard_count)

    def destination_of(self, candidate: Candidate) -> ShardId:
        """Where a transaction is executed, or its money goes."""
        return self.shard_of_key(candidate.to_key)

    def can_serve(self, candidate: Candidate) -> bool:
        """Whether every shard is there that a transaction is known to need."""
        is_there = self.destination_of(candidate) in self.present
        return is_there and self.can_reach(self.homes_needed(candidate))

    def can_reach(self, recipients: Iterable[Recipient]) -> bool:
        """Whether the homes of all these are there."""
        return all(self.home_of(recipient) in self.present for recipient in recipients)

    def can_pay_out(self, done: Done) -> bool:
        """Whether the money that a transaction left with strangers can get where they live.

        A stranger's home may say that it is a contract of yet another shard; so all have to be there.
        """
        return not done.gains or len(self.present) == self.shard_count

    def is_local(self, candidate: Candidate) -> bool:
        """Whether lane 1 can try it."""
        here = self.destination_of(candidate) == self.shard_id
        return here and not self.homes_needed(candidate)

    def is_transfer(self, candidate: Candidate) -> bool:
        """Whether it only moves money, as far as is known; lane 3 asks the destination."""
        transaction = candidate.transaction
        return not (
            transaction.to is None
            or candidate.runs_code
            or transaction.data
            or transaction.authorizations
        )

    def crosses(self, candidate: Candidate) -> bool:
        """Whether its money leaves the shard by lane 3."""
        return self.destination_of(candidate) != self.shard_id and self.is_transfer(candidate)

    def homes_needed(self, candidate: Candidate) -> tuple[Recipient, ...]:
        """The contract that a creation makes, if its home isn't where it is made."""
        transaction = candidate.transaction
        if transaction.to is not None:
            return ()
        contract = create_address(transaction.sender, transaction.nonce)
        at_home = self.home_of(contract) == self.destination_of(candidate)
        return () if at_home else (contract,)
