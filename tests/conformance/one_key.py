"""A journal in which everybody lives under one shard key, as in Ethereum."""

from __future__ import annotations

from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient, ShardKey
from tests.runners.scene import KEY


class OneKeyJournal(Journal):
    """All homes are the same."""

    def key_at_home(self, recipient: Recipient) -> ShardKey:
        return KEY
