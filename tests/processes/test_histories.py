"""What clients at two gateways did and saw of a real cluster: some serial order explains it, to the wei."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.processes.crowd import Crowd
from tests.processes.running_cluster import RunningCluster
from tests.processes.running_gateway import running_gateway
from tests.serializability.append_checker import check
from tests.serializability.append_history import Add, Append, Outcome, ReadList, ReadSet

pytestmark = pytest.mark.processes

CLIENTS = 8
WORK_S = 7.0


@pytest.fixture(scope="module")
def crowd(cluster: RunningCluster) -> Iterator[Crowd]:
    """Clients that have worked for a while, on one another's lists and purses."""
    with running_gateway(cluster) as other:
        crowd = Crowd(cluster, [cluster.url, other], CLIENTS)
        crowd.start()
        time.sleep(WORK_S)
        crowd.stop()
        yield crowd


def test_some_serial_order_in_real_time_explains_all_reads_and_writes(crowd: Crowd) -> None:
    crowd.check_order()


def test_every_cut_of_all_shards_has_all_the_money(crowd: Crowd) -> None:
    crowd.check_money(pending={})


def test_receipts_and_nonces_are_what_clients_were_told(crowd: Crowd) -> None:
    crowd.check_receipts()
    crowd.check_nonces()


@pytest.mark.parametrize("kind", [ReadList, ReadSet])
def test_a_single_wrong_answer_would_have_been_noticed(
    crowd: Crowd, kind: type[ReadList | ReadSet]
) -> None:
    """The last read of everything, without the newest value of one list or one purse."""
    *before, last = crowd.history
    victim = next(each for each in last.operations if isinstance(each, kind) and each.values)
    shortened = without_newest(victim)
    operations = tuple([shortened if each is victim else each for each in last.operations])
    assert check([*before, last._replace(operations=operations)]) != []


def without_newest(read: ReadList | ReadSet) -> ReadList | ReadSet:
    if isinstance(read, ReadList):
        return ReadList(read.key, read.values[:-1])
    return ReadSet(read.key, read.values - {max(read.values)})


def test_there_was_enough_to_judge(crowd: Crowd) -> None:
    """Transactions succeeded, on several shards at once, and several wrote to the same places."""
    outcomes = Counter(each.outcome for each in crowd.history)
    assert outcomes[Outcome.COMMITTED] > 100 * CLIENTS / 2
    assert outcomes[Outcome.UNKNOWN] == 0
    writes = [
        operation
        for each in crowd.history
        for operation in each.operations
        if isinstance(operation, Append | Add)
    ]
    assert max(Counter(write.key for write in writes).values()) > CLIENTS
