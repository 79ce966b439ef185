"""Universal contracts: one code in every shard, and a part of it for each shard key.

Genesis puts their code into every shard, for tools expect it there. A frame of such a contract takes the key
of whoever calls it, and what it keeps (storage, money, the nonce that counts its creations) it keeps apart for
each key. So it is as if every key had a contract of its own: nobody reads or spends what another key's frames
left there, whether the two keys share a shard or not, and a split divides the parts as it divides contracts.
An allowance, a deposit or a used nonce therefore exists once, in the half where its key is.

A part is an entry of its own, at an address that ends with its key: whoever sends money there has given it to
the part. It has no code, so a call to that address runs nothing.
"""

from __future__ import annotations

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.types import RECIPIENT_BYTES, SHARD_KEY_BYTES, Nonce, Recipient, ShardKey, Wei


def part_of(contract: Recipient, key: ShardKey) -> Recipient:
    """Where a universal contract keeps what it has under `key`: an address whose home key that is."""
    suffix = key.to_bytes(SHARD_KEY_BYTES, "big")
    return Recipient(keccak(contract + suffix)[: RECIPIENT_BYTES - SHARD_KEY_BYTES] + suffix)


def seen_with_part(contract: Account, part: Account | None) -> Account:
    """A universal contract as the frames of a key see it, whose part of it is this, or hasn't been used."""
    if part is None:
        return contract._replace(balance=Wei(0), storage_root=EMPTY_TRIE_ROOT)
    nonce = max(part.nonce, contract.nonce)
    return part._replace(nonce=Nonce(nonce), code_hash=contract.code_hash)
