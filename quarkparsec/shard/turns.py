"""What a transaction of lane 1 does at its turn: the executors' program.

All turns are taken on one journal, so in the order of the places. What may become of a transaction:

- it is *included*: its receipt is made;
- its gas limit no longer fits, or it needs an absent shard: it is *passed over* in this block, and so is
  everything later from its sender, for nonces stay in order;
- the runner refuses it: it is *invalid* at this place, with the reason, and the pool forgets it once the block
  is committed. So is poison, that is, what makes the runner raise: nothing of it stays, nobody waits for it;
- it concerns other shards: it is *deferred* to lanes 2 and 3, and so is everything later from its sender;
- its contract lives under another key than was known when it was sent: it is *rerouted* there;
- it touches what its label doesn't name: it is taken back and gets another turn in this lane, and everything
  later from its sender after it. It gets a third only with the whole shard.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.fees import TRANSACTION_GAS
from quarkparsec.chain.transaction import Transaction
from quarkparsec.effects import OutOfTime
from quarkparsec.ordering.label import WHOLE_SHARD, Label
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.ordering.outcome import Ending, Failure, Miss, Success, Values
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done, Failed, Outcome
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import BlockDraft, Deferred
from quarkparsec.shard.labels import is_payment, keys_beyond, with_keys
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.types import Hash32, Recipient, shard_of

NOTHING: Final[Values] = {}

LANE_IS_OVER: Final = Failure("the lane is over")
PASSED_OVER: Final = Failure("passed over in this block")
DEFERRED: Final = Failure("deferred to a later lane")
INCLUDED: Final = Success(NOTHING)
"""Its receipt is in the draft."""


class Turns:
    """What each transaction does at its turn: the executors' program."""

    def __init__(
        self, draft: BlockDraft, neighbourhood: Neighbourhood, out_of_time: OutOfTime
    ) -> None:
        self._draft: Final = draft
        self._neighbourhood: Final = neighbourhood
        self._shard_id: Final = neighbourhood.shard_id
        self._shard_count: Final = neighbourhood.shard_count
        self._out_of_time: Final = out_of_time
        self._is_over = False
        self._passed_over: set[Recipient] = set()
        self._again: dict[Recipient, set[int]] = {}
        """Nonces of those that get another turn, by sender."""
        self._missed: set[Hash32] = set()
        """Those whose label was too small once."""

    def take(self, request: TransactionCandidate, _: Values) -> Ending:
        """Let a transaction have its turn; everything that it may touch is resolved."""
        draft, neighbourhood = self._draft, self._neighbourhood
        gas_left = draft.gas_left
        if self._is_over or gas_left < TRANSACTION_GAS or self._out_of_time():
            self._is_over = True
            return LANE_IS_OVER
        candidate: Candidate = request.executable
        transaction, to_key = candidate.transaction, candidate.to_key
        sender, to = transaction.sender, transaction.to
        if sender in self._passed_over:
            return PASSED_OVER
        if self._again and self._is_behind(transaction):
            return self._give_another_turn(transaction, request.label)
        is_here = shard_of(to_key, self._shard_count) == self._shard_id
        if is_here and to is not None and draft.journal.has_code(to):
            if is_payment(request.label):
                return self._give_another_turn(transaction, WHOLE_SHARD)
            candidate = self._rerouted(candidate)
            is_here = neighbourhood.destination_of(candidate) == self._shard_id
        is_local = is_here and to is not None
        fits = transaction.gas_limit <= gas_left
        if not (fits and (is_local or neighbourhood.can_serve(candidate))):
            self._passed_over.add(sender)
            return PASSED_OVER
        if sender in draft.deferred:
            return self._defer(candidate, ())
        if not (is_local or neighbourhood.is_local(candidate)):
            return self._defer(candidate, neighbourhood.homes_needed(candidate))
        return self._execute(candidate, request.label)

    def _rerouted(self, candidate: Candidate) -> Candidate:
        """The candidate as it should be: this shard may know better where the contract lives."""
        transaction, to_key, _ = candidate
        key = self._draft.true_key(transaction, to_key)
        if key == to_key:
            return candidate
        self._draft.reroute(transaction, key)
        return Candidate(transaction, key, runs_code=True)

    def _execute(self, candidate: Candidate, label: Label) -> Ending:
        draft = self._draft
        transaction, to_key, _ = candidate
        outcome: Outcome | None = None
        try:
            outcome = execute(draft.journal, transaction, to_key, draft.context, draft.gas_left)
        finally:
            if outcome is None:
                self._refuse(transaction, "execution failed")
        if isinstance(outcome, Failed):
            return self._refuse(transaction, outcome.reason)
        beyond = keys_beyond(draft.journal, label)
        if beyond:
            return self._miss(transaction, with_keys(label, beyond))
        if isinstance(outcome, Done):
            if outcome.gains and not self._neighbourhood.can_pay_out(outcome):
                return self._pass_over(transaction)
            draft.include(transaction, to_key, outcome)
            return INCLUDED
        if not self._neighbourhood.can_reach(outcome.recipients):
            return self._pass_over(transaction)
        return self._defer(candidate, outcome.recipients)

    # --- what becomes of those that are not included

    def _refuse(self, transaction: Transaction, reason: str) -> Failure:
        """No block can hold it now."""
        self._draft.refuse(transaction, reason)
        return self._pass_over(transaction, Failure(reason))

    def _pass_over(self, transaction: Transaction, failure: Failure = PASSED_OVER) -> Failure:
        """Take back what it did; who comes after it from its sender must wait."""
        self._draft.journal.rollback(0)
        self._passed_over.add(transaction.sender)
        return failure

    def _defer(self, candidate: Candidate, needs: tuple[Recipient, ...]) -> Failure:
        self._draft.defer(Deferred(candidate, needs))
        return DEFERRED

    def _miss(self, transaction: Transaction, label: Label) -> Miss:
        """Take it back, and try with the label that it should have had; once."""
        self._draft.journal.rollback(0)
        if transaction.hash in self._missed:
            label = WHOLE_SHARD
        self._missed.add(transaction.hash)
        return self._give_another_turn(transaction, label)

    def _give_another_turn(self, transaction: Transaction, label: Label) -> Miss:
        self._again.setdefault(transaction.sender, set()).add(transaction.nonce)
        return Miss(label)

    def _is_behind(self, transaction: Transaction) -> bool:
        """Whether an earlier one of the same sender gets another turn, so that this one must, too."""
        nonces = self._again.get(transaction.sender)
        if nonces is None:
            return False
        nonces.discard(transaction.nonce)  # this is its other turn
        return any(nonce < transaction.nonce for nonce in nonces)
