"""The cluster beside one plain chain: the same transactions in fingerprint order, the same ends.

Compared are every transaction's status, gas, logs and output, and after each epoch every account that was
touched: its balance (of its home account, or of the contract where it lives), nonce, code and storage. Left
out are the nonces of universal contracts, which count under each key. The coinbase has what the cluster
still owes it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.limits import BLOCK_HASH_WINDOW
from quarkparsec.types import Hash32, Recipient, ShardId
from tests.serializability.plain_chain import Ending, PlainChain
from tests.serializability.reexecution import Reexecution
from tests.serializability.replicas import Replicas
from tests.serializability.step import Step
from tests.serializability.violation import require


class Comparison:
    """One run, epoch by epoch."""

    def __init__(self, replicas: Replicas) -> None:
        self._replicas: Final = replicas
        self._plain: Final = PlainChain(replicas.genesis)

    def follow(
        self,
        root: RootBlock,
        hashes: Iterable[Hash32],
        reexecutions: Mapping[ShardId, Reexecution],
    ) -> None:
        """Take in an epoch that the replicas have executed; `hashes` as in PlainChain.begin_epoch."""
        self._plain.begin_epoch(root.header, tuple(hashes)[:BLOCK_HASH_WINDOW])
        steps = [step for each in reexecutions.values() for step in each.steps]
        touched: set[Recipient] = set()
        for step in sorted(steps, key=lambda step: step.place):
            touched |= step.access.writes
            if step.transaction is not None:
                self._compare_ending(step)
        for recipient in touched - self._replicas.genesis.universal:
            self._compare_account(recipient, root)

    def _compare_ending(self, step: Step) -> None:
        transaction, done = step.transaction, step.done
        assert transaction is not None
        assert done is not None
        logs = tuple((log.recipient, log.topics, log.data) for log in done.logs)
        ours = Ending(done.status == 1, done.gas_used, logs, done.output)
        assert step.to_key is not None
        theirs = self._plain.send(transaction, step.to_key)
        require(ours == theirs, f"{step.place}: a plain chain says {theirs}, the cluster {ours}")

    def _compare_account(self, recipient: Recipient, root: RootBlock) -> None:
        name, plain, genesis = f"0x{recipient.hex()}", self._plain, self._replicas.genesis
        pending = root.fees_pending if recipient == genesis.coinbase else 0
        found = [
            (replica, account)
            for replica in self._replicas.shards.values()
            if (account := replica.own_entry(recipient)) is not None
        ]
        require(len(found) <= 1, f"{name} is in several shards")
        balance = sum(account.balance for _, account in found) + pending
        require(plain.balance(recipient) == balance, f"the balance of {name} is another")
        if not found:
            require(not plain.nonce(recipient) and not plain.code(recipient), f"{name} is lost")
            return
        replica, account = found[0]
        require(plain.nonce(recipient) == account.nonce, f"the nonce of {name} is another")
        code = replica.state.code(account.code_hash) if account.has_code else b""
        require(plain.code(recipient) == code, f"the code of {name} is another")
        for slot, word in replica.storage(recipient).items():
            require(plain.word(recipient, slot) == word, f"the storage of {name} is another")
