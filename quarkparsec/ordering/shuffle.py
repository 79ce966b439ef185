"""The order of a batch: that of arrival, or a pseudo-random one that nobody could foresee.

Each candidate draws a rank from the epoch's seed and from the content of the whole batch, so who doesn't
know what others have sent can't choose its place. Places are then given out by rank, and the places that one
sender's candidates have drawn are taken by them in the order of their nonces. The order is a function of seed
and content alone: the order of arrival doesn't matter, and every replica comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.types import Hash32

Candidates = Sequence[TransactionCandidate]


def order_of(candidates: Candidates, seed: Hash32 | None) -> tuple[TransactionCandidate, ...]:
    """The candidates in the order of their numbers-to-be; each sender's in nonce order.

    `seed`: None keeps the places in the order of arrival.
    """
    places = candidates if seed is None else _shuffled(candidates, seed)
    if len({candidate.sender for candidate in candidates}) == len(candidates):
        return tuple(places)
    by_sender: dict[bytes, list[TransactionCandidate]] = {}
    for candidate in candidates:
        by_sender.setdefault(candidate.sender, []).append(candidate)
    rows = {sender: iter(_in_nonce_order(row)) for sender, row in by_sender.items()}
    return tuple([next(rows[place.sender]) for place in places])


def _shuffled(candidates: Candidates, seed: Hash32) -> list[TransactionCandidate]:
    content = keccak(seed + b"".join(sorted(candidate.hash for candidate in candidates)))
    return sorted(candidates, key=lambda candidate: keccak(content + candidate.hash))


def _in_nonce_order(candidates: Iterable[TransactionCandidate]) -> list[TransactionCandidate]:
    return sorted(candidates, key=lambda candidate: candidate.nonce)
