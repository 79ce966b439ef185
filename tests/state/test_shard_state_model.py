"""Random epochs on the real state and on plain dicts come to the same."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from quarkparsec.errors import PrunedHistory
from quarkparsec.state.account import delegate_of
from quarkparsec.state.tables import CHANGED, DIFF
from quarkparsec.types import (
    Address,
    Epoch,
    Recipient,
    ShardKey,
    Slot,
    home_key,
    shard_of,
)
from tests.state.model import Model, ModelEntry, fresh_store, reference_root, state_rows
from tests.state.opening import (
    HISTORY,
    RECIPIENTS,
    SLOTS,
    open_state,
    recipients,
    rows,
    slots,
    words,
)
from tests.state.words import (
    CODES,
    FRAME_KEY,
    OTHER_KEY,
    SHARD_COUNT,
    SHARD_ID,
)


def is_at_home(recipient: Recipient) -> bool:
    return shard_of(home_key(recipient), SHARD_COUNT) == SHARD_ID


class ShardStateMachine(RuleBasedStateMachine):
    """Epochs on the real state and on the model."""

    @initialize(archive=st.booleans())
    def create(self, archive: bool) -> None:
        self.archive = archive
        self.store = fresh_store({})
        self.state = open_state(self.store, archive=archive)
        self.committed: dict[Epoch, Model] = {Epoch(0): {}}
        self.head = Epoch(0)
        self.begin_epoch()

    def begin_epoch(self) -> None:
        self.journal = self.state.journal()
        self.model: Model = deepcopy(self.committed[self.head])
        self.frames: list[tuple[int, Model]] = []
        self.begin_transaction(FRAME_KEY)

    # --- a transaction

    @rule(frame_key=st.sampled_from([FRAME_KEY, OTHER_KEY]), addressed=st.sampled_from(RECIPIENTS))
    def begin_transaction(self, frame_key: ShardKey, addressed: Recipient = RECIPIENTS[0]) -> None:
        self.frames.clear()
        self.frame_key, self.addressed = frame_key, addressed
        self.journal.end_transaction()
        self.model = {who: entry for who, entry in self.model.items() if not entry.is_empty}
        self.journal.begin_transaction(frame_key, addressed)

    @rule()
    def begin_frame(self) -> None:
        self.frames.append((self.journal.begin(), deepcopy(self.model)))

    @rule()
    def roll_frame_back(self) -> None:
        if self.frames:
            checkpoint, self.model = self.frames.pop()
            self.journal.rollback(checkpoint)

    def written(self, recipient: Recipient) -> ModelEntry:
        home = home_key(recipient)
        key = home if is_at_home(recipient) else self.frame_key
        return self.model.setdefault(recipient, ModelEntry(key))

    def can_stay(self, recipient: Recipient) -> bool:
        """Whether an account of this recipient would be own: no other is left at the end of an epoch."""
        return recipient in self.model or recipient == self.addressed or is_at_home(recipient)

    @rule(recipient=recipients, balance=st.sampled_from([0, 0, 1, 2**200]))
    def set_balance(self, recipient: Recipient, balance: int) -> None:
        if self.can_stay(recipient):
            self.journal.set_balance(recipient, balance)
            self.written(recipient).balance = balance

    @rule(recipient=recipients, nonce=st.sampled_from([0, 1, 2**64 - 1]))
    def set_nonce(self, recipient: Recipient, nonce: int) -> None:
        if self.can_stay(recipient):
            self.journal.set_nonce(recipient, nonce)
            self.written(recipient).nonce = nonce

    @rule(recipient=recipients, slot=slots, word=words)
    def set_storage(self, recipient: Recipient, slot: Slot, word: int) -> None:
        if self.can_stay(recipient):
            self.journal.set_storage(recipient, slot, word)
            self.written(recipient).storage[slot] = word

    @rule(recipient=recipients, code=st.sampled_from([*CODES, b""]))
    def set_code(self, recipient: Recipient, code: bytes) -> None:
        if self.can_stay(recipient):
            self.journal.set_code(recipient, code)
            self.written(recipient).code = code

    @rule(recipient=recipients)
    def create_contract(self, recipient: Recipient) -> None:
        if not self.journal.entry(recipient).has_code:
            self.journal.create_contract(recipient)
            self.written(recipient).shard_key = self.frame_key

    @rule(recipient=recipients)
    def create_and_destroy(self, recipient: Recipient) -> None:
        if recipient not in self.model:
            self.journal.create_contract(recipient)
            self.journal.set_code(recipient, CODES[0])
            self.journal.set_storage(recipient, SLOTS[0], 1)
            self.journal.destroy(recipient)

    @rule(recipient=recipients, slot=slots)
    def look(self, recipient: Recipient, slot: Slot) -> None:
        entry = self.model.get(recipient)
        assert self.journal.entry(recipient).exists == (entry is not None)
        assert self.journal.storage(recipient, slot) == (
            entry.storage.get(slot, 0) if entry else 0
        )
        assert self.journal.code(recipient) == (entry.code if entry else b"")

    # --- an epoch

    @rule(skipped=st.integers(0, 2))
    def commit(self, skipped: int) -> None:
        self.begin_transaction(FRAME_KEY)
        epoch = Epoch(self.head + 1 + skipped)
        sealed = self.state.seal(self.journal, epoch)
        assert sealed == self.state.seal(self.journal, epoch)
        assert sealed.root == reference_root(self.model)
        assert sealed.created == self.created()
        self.store.write(sealed.batch, sync=False)
        self.state.commit(sealed)
        self.head = epoch
        self.committed[epoch] = deepcopy(self.model)
        self.begin_epoch()
        assert state_rows(self.store) == state_rows(fresh_store(self.model))

    def created(self) -> tuple[Address, ...]:
        before = self.committed[self.head]
        return tuple(
            Address(recipient, entry.shard_key)
            for recipient, entry in sorted(self.model.items())
            if entry.code
            if recipient not in before or not before[recipient].code
            if not delegate_of(entry.code) or entry.shard_key == home_key(recipient)
        )

    @rule()
    def abort(self) -> None:
        self.begin_transaction(FRAME_KEY)
        self.state.seal(self.journal, Epoch(self.head + 1))
        self.begin_epoch()

    @rule()
    def reopen(self) -> None:
        self.state = open_state(self.store, archive=self.archive)
        self.begin_epoch()

    # --- what must always hold

    @invariant()
    def the_head_is_the_last_commit(self) -> None:
        assert self.state.head == self.head
        assert self.state.root == reference_root(self.committed[self.head])
        entries = self.committed[self.head].values()
        own = [e.balance for e in entries if shard_of(e.shard_key, SHARD_COUNT) == SHARD_ID]
        assert self.state.own_supply() == sum(own)

    @invariant()
    def every_epoch_that_is_kept_can_be_read(self) -> None:
        oldest = 0 if self.archive else self.head - HISTORY
        for epoch in range(self.head + 2):
            if epoch < oldest:
                with pytest.raises(PrunedHistory):
                    self.state.view(Epoch(epoch))
            else:
                self.check_view(Epoch(epoch))

    def check_view(self, epoch: Epoch) -> None:
        view = self.state.view(epoch)
        model = self.committed[max(known for known in self.committed if known <= epoch)]
        for recipient in RECIPIENTS:
            account, entry = view.account(recipient), model.get(recipient)
            if entry is None:
                assert account is None
                continue
            assert account is not None
            assert (account.nonce, account.balance) == (entry.nonce, entry.balance)
            assert account.shard_key == entry.shard_key
            assert (view.code(account.code_hash) if account.has_code else b"") == entry.code
            words = {slot: view.storage(recipient, slot) for slot in SLOTS}
            assert words == {slot: entry.storage.get(slot, 0) for slot in SLOTS}

    @invariant()
    def no_history_is_kept_that_nobody_can_read(self) -> None:
        if self.archive:
            return
        for key, _ in [*rows(self.store, DIFF), *rows(self.store, CHANGED)]:
            assert int.from_bytes(key[-8:], "big") > self.head - HISTORY


ShardStateMachine.TestCase.settings = settings(stateful_step_count=80)
test_a_shard_state_does_what_plain_dicts_do = ShardStateMachine.TestCase
