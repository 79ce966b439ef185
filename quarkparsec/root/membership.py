"""The master's conversation with the shards: who belongs to it, what was said, and what is still to answer.

What has no answer is said again after a while. One who doesn't answer in time is a member no longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from quarkparsec.effects import Effects
from quarkparsec.limits import ANSWER_TIMEOUT_MS, GAS_PER_MS_MIN, RESEND_MS
from quarkparsec.root.events import Excluded
from quarkparsec.root.members import Member
from quarkparsec.types import Gas, ShardId
from quarkparsec.wire import epoch as wire


class Membership:
    """All shards that the root chain knows, in shard order."""

    def __init__(self, shard_count: int, term: int, gas_limit: Gas, effects: Effects[Any]) -> None:
        self._members: Final[list[Member]] = []
        self._term: Final = term
        self._patience_ms: Final = ANSWER_TIMEOUT_MS + gas_limit // GAS_PER_MS_MIN
        """How long a shard is believed that says that it is working."""
        self._effects: Final = effects
        self.grow(shard_count)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, shard_id: ShardId) -> Member:
        return self._members[shard_id]

    @property
    def present(self) -> tuple[ShardId, ...]:
        """Those that have joined."""
        return tuple(member.shard_id for member in self._members if member.joined)

    @property
    def away(self) -> tuple[ShardId, ...]:
        """Those that haven't."""
        return tuple(member.shard_id for member in self._members if not member.joined)

    def grow(self, shard_count: int) -> None:
        """There are more shards now; the new ones have to join."""
        self._members.extend(map(Member, map(ShardId, range(len(self), shard_count))))

    def exclude(self, member: Member, reason: str) -> None:
        """Go on without a shard until it joins again."""
        if member.joined:
            self._effects.announce(Excluded(member.shard_id, reason))
        member.joined = False

    # --- what the master says

    def invite_all(self, now_ms: int) -> None:
        """Ask those to join that haven't, unless they are held."""
        for member in self._members:
            self.invite(now_ms, member)

    def invite(self, now_ms: int, member: Member) -> None:
        """Ask a shard to join, unless it has or is held."""
        if not (member.joined or member.is_held):
            member.said_ms = now_ms
            self._effects.send(wire.Invite(member.shard_id, self._term, member.visit))

    def ask(self, now_ms: int, message: wire.FromMaster) -> None:
        """Say something for the first time that wants an answer."""
        member = self[message.shard_id]
        member.said_ms = member.asked_ms = now_ms
        self._effects.send(message)

    def ask_again(self, now_ms: int, message: wire.FromMaster) -> bool:
        """Say once more what has no answer, or what was answered for the time being; False if its time is up."""
        member = self[message.shard_id]
        if member.joined and member.is_lost(now_ms, self._patience_ms):
            return False
        if now_ms - member.said_ms >= RESEND_MS:
            member.said_ms = now_ms
            member.asked_ms = now_ms if member.asked_ms is None else member.asked_ms
            self._effects.send(message)
        return True

    # --- what shards say

    def hear(self, now_ms: int, message: wire.FromShard) -> Member | None:
        """The member that speaks; one that hasn't joined is invited instead of heard."""
        member = self[message.shard_id]
        if member.joined:
            return member
        self.invite(now_ms, member)
        return None

    def hear_of_work(self, now_ms: int, message: wire.HasWork) -> None:
        """Transactions wait in a shard."""
        member = self.hear(now_ms, message)
        if member is not None:
            member.work = max(member.work, message.work)

    def hear_of_commit(self, now_ms: int, message: wire.Committed) -> Member | None:
        """A shard has applied a root block: the member, if it is one and speaks to this master."""
        member = self.hear(now_ms, message)
        if member is None or message.term != self._term:
            return None
        member.follow(message.epoch, message.work)
        return member

    def hear_of_progress(
        self, now_ms: int, message: wire.Working, together: Iterable[ShardId]
    ) -> None:
        """A shard works, and those that it is `together` with in a round may be waiting for it."""
        member = self.hear(now_ms, message)
        if member is not None and message.term == self._term:
            for shard_id in (member.shard_id, *together):
                self[shard_id].working_ms = now_ms
