"""One number for each network, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.chain_ids import is_cluster_chain_id, key_chain_id, split_chain_id
from quarkparsec.errors import InvalidInput
from quarkparsec.types import ShardKey

CLUSTERS = st.integers(1, 2**20 - 1)
KEYS = st.integers(0, 2**32 - 1).map(ShardKey)


@given(CLUSTERS, KEYS)
def test_a_keys_chain_id_is_read_back(cluster: int, key: ShardKey) -> None:
    chain_id = key_chain_id(cluster, key)
    assert split_chain_id(chain_id) == (cluster, key)
    assert 2**32 <= chain_id < 2**52


@given(st.tuples(CLUSTERS, KEYS), st.tuples(CLUSTERS, KEYS))
def test_two_networks_never_share_a_number(
    one: tuple[int, ShardKey], other: tuple[int, ShardKey]
) -> None:
    assert (key_chain_id(*one) == key_chain_id(*other)) == (one == other)
    assert not is_cluster_chain_id(key_chain_id(*one))


@given(CLUSTERS)
def test_a_clusters_chain_id_stands_for_no_key(cluster: int) -> None:
    assert is_cluster_chain_id(cluster)
    assert split_chain_id(cluster) == (cluster, None)


@pytest.mark.parametrize("chain_id", [0, 2**20, 11_155_111, 2**32 - 1, 2**52, 2**64 - 1, 2**256])
def test_a_foreign_chain_id_is_left_as_it_is(chain_id: int) -> None:
    assert split_chain_id(chain_id) == (chain_id, None)
    assert not is_cluster_chain_id(chain_id)


def test_the_formula_is_the_published_one() -> None:
    assert key_chain_id(20803, ShardKey(0x0A0B0C0D)) == 20803 * 2**32 + 0x0A0B0C0D


@pytest.mark.parametrize(
    ("cluster", "key"), [(0, 0), (-1, 0), (2**20, 0), (1, -1), (1, 2**32), (2**32, 1)]
)
def test_what_is_out_of_range_has_no_chain_id(cluster: int, key: int) -> None:
    with pytest.raises(InvalidInput):
        key_chain_id(cluster, ShardKey(key))
