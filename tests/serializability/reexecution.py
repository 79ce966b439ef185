"""Execute a block's body again, leg by leg, and note what each leg touched.

The same functions of the product in the same order as in `quarkparsec.shard.replay`, but with a look at the
journal after each.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.legs import Call, Endowment, Payment, TicketLeg
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done, Outcome
from quarkparsec.runners.transfer import debit
from quarkparsec.runners.validity import check
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.lane_sweep import sweep
from quarkparsec.shard.opening import Opening
from quarkparsec.shard.ticket_legs import apply_claim, apply_payment, run_call
from quarkparsec.state.shard_state import ShardState
from quarkparsec.types import Epoch, Recipient, ShardKey, Wei
from tests.serializability.recording import RecordingJournal
from tests.serializability.step import CREDITS, IN_SHARD, TICKETS, TRANSFERS, Place, Step
from tests.serializability.violation import Violation, require


class Question(NamedTuple):
    """What did a recipient's entry look like, for what came next in lane 2?"""

    position: int
    ticket: int
    recipient: Recipient


class Reexecution:
    """One block, once more."""

    def __init__(self, state: ShardState, block: ShardBlock, opening: Opening) -> None:
        self.steps: Final[list[Step]] = []
        self.answers: Final[dict[Question, Endowment]] = {}
        self._state: Final = state
        self._block: Final = block
        self._opening: Final = opening
        self._journal: Final = RecordingJournal(state)
        self._draft: Final = BlockDraft(self._journal, opening.context)
        self._entries: Final = iter([_decode(block, index) for index in range(len(block.entries))])

    def run(self, questions: list[Question]) -> BuiltBlock:
        """All lanes, and the block that comes of them. Raises Violation if it is another."""
        block, legs = self._block, self._block.legs
        sweep(self._draft, self._state)
        for _ in range(block.in_shard_count):
            self._run_in_shard()
        self._run_tickets(sorted(questions))
        self._run_transfers()
        self._note_credits()
        self._draft.credits = {each.source: each.credits for each in legs.credits}
        built = build_block(self._state, self._draft, block.fees, self._opening)
        require(built.hash == block.hash, f"another block {block.number} comes out of a replay")
        return built

    def _run_in_shard(self) -> None:
        transaction, to_key = next(self._entries)
        draft = self._draft
        outcome = execute(self._journal, transaction, to_key, draft.context, draft.gas_left)
        self._note(self._place(IN_SHARD), transaction, to_key, _done(outcome))

    def _run_tickets(self, questions: list[Question]) -> None:
        legs = self._block.legs.tickets
        order = [(leg.position, leg.ticket) for leg in legs]
        require(order == sorted(order), "legs stand in another order than the serial one")
        for leg in legs:
            while questions and questions[0][:2] <= (leg.position, leg.ticket):
                self._answer(questions.pop(0))
            self._run_ticket(leg)
        for question in questions:
            self._answer(question)

    def _run_ticket(self, leg: TicketLeg) -> None:
        place = Place(Epoch(self._block.number), TICKETS, leg.position, leg.ticket)
        if isinstance(leg, Call):
            transaction, to_key = next(self._entries)
            outcome = run_call(self._draft, leg, transaction, to_key)
            self._draft.ticket_legs.append(leg)
            self._note(place, transaction, to_key, _done(outcome), leg)
            return
        if isinstance(leg, Payment):
            apply_payment(self._draft, leg)
        else:
            apply_claim(self._draft, leg)
        self.steps.append(self._step(place)._replace(leg=leg))

    def _run_transfers(self) -> None:
        journal, draft = self._journal, self._draft
        for transaction, to_key in self._entries:
            journal.begin_transaction(to_key)
            terms = check(journal, transaction, draft.context, draft.gas_left)
            done = debit(journal, transaction, terms)
            self._note(self._place(TRANSFERS), transaction, to_key, done)
            draft.transfer_count += 1
        for payout in self._block.legs.payouts:
            journal.withdraw(payout.recipient, payout.amount)
            self.steps.append(self._step(self._place(TRANSFERS))._replace(credit=payout))
        draft.payouts = self._block.legs.payouts

    def _note_credits(self) -> None:
        """What lane 4 will write; nothing of it is read."""
        for source in self._block.legs.credits:
            for credit in source.credits:
                step = self._step(self._place(CREDITS))
                access = step.access._replace(writes=frozenset((credit.recipient,)))
                self.steps.append(step._replace(access=access, credit=credit))

    def _answer(self, question: Question) -> None:
        entry = self._journal.entry(question.recipient)
        is_taken = bool(entry.nonce or entry.has_code or entry.storage_root != EMPTY_TRIE_ROOT)
        self.answers[question] = Endowment(question.recipient, Wei(entry.balance), is_taken)
        self._journal.take_access()

    def _note(
        self,
        place: Place,
        transaction: Transaction,
        to_key: ShardKey,
        done: Done,
        leg: TicketLeg | None = None,
    ) -> None:
        self._draft.include(transaction, to_key, done)
        step = self._step(place)
        self.steps.append(
            step._replace(transaction=transaction, to_key=to_key, done=done, leg=leg)
        )

    def _step(self, place: Place) -> Step:
        return Step(place, self._state.shard_id, self._journal.take_access())

    def _place(self, lane: int) -> Place:
        return Place(Epoch(self._block.number), lane, self._state.shard_id, len(self.steps))


def _decode(block: ShardBlock, index: int) -> tuple[Transaction, ShardKey]:
    entry = block.entries[index]
    return decode_transaction(entry.raw, entry.sender), entry.to_key


def _done(outcome: Outcome) -> Done:
    if not isinstance(outcome, Done):
        raise Violation(f"a block holds a transaction that it can't hold: {outcome}")
    return outcome
