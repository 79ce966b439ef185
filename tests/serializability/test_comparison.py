"""Whatever ends otherwise on a plain chain than in the cluster is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quarkparsec.runners.outcome import Done
from quarkparsec.state.tables import account_key, storage_prefix
from quarkparsec.store import prefix_stop
from quarkparsec.types import Gas, Hash32, Wei
from tests.serializability.comparison import Comparison
from tests.serializability.matching import EpochOfShards
from tests.serializability.replicas import Replica, Replicas
from tests.serializability.small_history import history
from tests.serializability.violation import Violation

Setting = tuple[Comparison, EpochOfShards, Replicas]


def busiest() -> Setting:
    """The epoch with the most legs, ready to be compared; the earlier ones have been."""
    made = history()
    replicas = made.replicas()
    comparison, roots, last = Comparison(replicas), made.roots, made.busiest_root
    for root in roots[1 : last.number]:
        found = replicas.apply(made.blocks(root), lambda number: roots[number].hash)
        comparison.follow(root, hashes_before(root.number), found)
    epoch, _, _ = made.busiest()
    replicas.apply(epoch.blocks, lambda number: roots[number].hash)
    return comparison, epoch, replicas


def hashes_before(number: int) -> list[Hash32]:
    return [root.hash for root in reversed(history().roots[:number])]


def follow(comparison: Comparison, epoch: EpochOfShards) -> None:
    root = history().busiest_root
    comparison.follow(root, hashes_before(root.number), epoch.reexecutions)


def test_true_work_compares() -> None:
    comparison, epoch, _ = busiest()
    follow(comparison, epoch)


@pytest.mark.parametrize(
    "change",
    [
        lambda done: done._replace(status=1 - done.status),
        lambda done: done._replace(gas_used=Gas(done.gas_used + 1)),
        lambda done: done._replace(logs=done.logs + done.logs[:1]),
        lambda done: done._replace(output=done.output + b"\0"),
    ],
    ids=["status", "gas", "logs", "output"],
)
def test_another_ending_is_found(change: Callable[[Done], Done]) -> None:
    comparison, epoch, _ = busiest()
    for each in epoch.reexecutions.values():
        for index, step in enumerate(each.steps):
            if step.done is not None and step.done.logs:
                each.steps[index] = step._replace(done=change(step.done))
    with pytest.raises(Violation, match="a plain chain says"):
        follow(comparison, epoch)


def test_what_happens_twice_is_found() -> None:
    comparison, epoch, _ = busiest()
    follow(comparison, epoch)
    with pytest.raises(Violation, match="a plain chain refuses"):
        follow(comparison, epoch)


def alter_accounts(replicas: Replicas, change: Callable[[Replica], None]) -> None:
    for replica in replicas.shards.values():
        change(replica)


def richer(replica: Replica) -> None:
    for recipient, account in list(replica.own_entries()):
        entry = account._replace(balance=Wei(account.balance + 1))
        replica.store.write({account_key(recipient): entry.encode()}, sync=True)
        replica.state._accounts.pop(recipient)


def forgetful(replica: Replica) -> None:
    """Every word that is stored is another."""
    for recipient, _ in list(replica.own_entries()):
        prefix = storage_prefix(recipient)
        for key, _ in list(replica.store.scan(prefix, prefix_stop(prefix))):
            replica.store.write({key: b"\x07"}, sync=True)


@pytest.mark.parametrize(
    ("change", "words"), [(richer, "the balance of"), (forgetful, "the storage of")]
)
def test_another_state_is_found(change: Callable[[Replica], None], words: str) -> None:
    comparison, epoch, replicas = busiest()
    alter_accounts(replicas, change)
    with pytest.raises(Violation, match=words):
        follow(comparison, epoch)
