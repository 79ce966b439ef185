"""A log: what a contract tells the world while it runs (Yellow Paper, section 4.3.1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.types import RECIPIENT_BYTES, Hash32, Recipient

TOPICS_MAX: Final = 4
"""LOG4 is the widest log instruction."""


class Log(NamedTuple):
    """One log: who spoke, up to four topics to find it by, and the data."""

    recipient: Recipient
    topics: tuple[Hash32, ...]
    data: bytes

    def encode(self) -> bytes:
        """rlp([recipient, [topic …], data]), as receipts commit to it."""
        topics = b"".join([b"\xa0" + topic for topic in self.topics])
        return rlp.wrap_list(
            b"\x94" + self.recipient + rlp.wrap_list(topics) + rlp.encode_bytes(self.data)
        )

    @classmethod
    def from_item(cls, item: rlp.Item) -> Log:
        """Read a decoded log. Raises InvalidInput."""
        if not isinstance(item, list) or len(item) != 3:
            raise InvalidInput("a log has three fields")
        recipient, topics, data = item
        if not isinstance(recipient, bytes) or len(recipient) != RECIPIENT_BYTES:
            raise InvalidInput("a log's recipient has 20 bytes")
        if not isinstance(topics, list) or len(topics) > TOPICS_MAX:
            raise InvalidInput("a log has at most four topics")
        if not isinstance(data, bytes):
            raise InvalidInput("a log's data are bytes")
        return cls(Recipient(recipient), tuple(map(_topic, topics)), data)


def _topic(item: rlp.Item) -> Hash32:
    if not isinstance(item, bytes) or len(item) != 32:
        raise InvalidInput("a topic has 32 bytes")
    return Hash32(item)
