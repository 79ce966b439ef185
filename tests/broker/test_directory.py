"""Where contracts live: who registers first, what genesis says, and starting over."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.broker.directory import Directory
from quarkparsec.chain.genesis import parse_genesis
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.store import MemoryStore
from quarkparsec.types import Address, Recipient, ShardKey, home_key
from quarkparsec.wire.root_queries import Location
from tests.chain.blocks import root_block, summary
from tests.chain.genesis_text import CONTRACT, PLACED, USER, text

GENESIS = parse_genesis(text())
STRANGER = Recipient(b"\x55" * 20)

ADDRESSES = st.builds(
    Address,
    st.integers(0, 5).map(lambda number: Recipient(bytes((number,)) * 20)),
    st.integers(0, 3).map(ShardKey),
)
EPOCHS = st.lists(st.tuples(st.lists(ADDRESSES), st.lists(ADDRESSES)), max_size=6)


def recipient(spelled: str) -> Recipient:
    return Recipient(bytes.fromhex(spelled[2:]))


def take(store: MemoryStore, number: int, *created: Address) -> None:
    """Take in a root block in whose first shard `created` were deployed."""
    block = root_block(number, summary(0, *created), summary(1))
    store.write(Directory(store, GENESIS).take(block), sync=False)


def test_who_isnt_registered_lives_at_home() -> None:
    directory = Directory(MemoryStore(), GENESIS)
    for one in (STRANGER, recipient(USER)):
        assert directory.locate(one) == Location(home_key(one), is_contract=False)


def test_genesis_may_put_a_contract_under_another_key() -> None:
    contract = msgspec.structs.replace(
        GENESIS, alloc={STRANGER: GenesisEntry(ShardKey(6), 1, 0, b"\x00", {})}
    )
    location = Directory(MemoryStore(), contract).locate(STRANGER)
    assert location == Location(ShardKey(6), is_contract=True)


def test_a_user_whom_genesis_puts_elsewhere_is_looked_for_at_home_all_the_same() -> None:
    assert not GENESIS.alloc[recipient(PLACED)].code
    location = Directory(MemoryStore(), GENESIS).locate(recipient(PLACED))
    assert location == Location(home_key(recipient(PLACED)), is_contract=False)


def test_a_created_contract_is_found() -> None:
    store = MemoryStore()
    take(store, 1, Address(STRANGER, ShardKey(9)))
    assert Directory(store, GENESIS).locate(STRANGER) == Location(ShardKey(9), is_contract=True)


def test_the_first_registration_wins() -> None:
    store = MemoryStore()
    take(store, 1, Address(STRANGER, ShardKey(9)), Address(STRANGER, ShardKey(8)))
    take(store, 2, Address(STRANGER, ShardKey(7)))
    assert Directory(store, GENESIS).locate(STRANGER) == Location(ShardKey(9), is_contract=True)


def test_a_contract_of_genesis_stays_where_it_is() -> None:
    store = MemoryStore()
    take(store, 1, Address(recipient(CONTRACT), ShardKey(9)))
    at_home = Location(home_key(recipient(CONTRACT)), is_contract=True)
    assert Directory(store, GENESIS).locate(recipient(CONTRACT)) == at_home


def test_the_head_is_the_last_block_taken_in() -> None:
    store = MemoryStore()
    assert Directory(store, GENESIS).head() == 0
    take(store, 1)
    take(store, 2)
    assert Directory(store, GENESIS).head() == 2


@given(EPOCHS)
def test_it_follows_from_the_root_chain_alone(
    epochs: list[tuple[list[Address], list[Address]]],
) -> None:
    store = MemoryStore()
    directory = Directory(store, GENESIS)
    expected: dict[Recipient, ShardKey] = {}
    for number, (first, second) in enumerate(epochs, start=1):
        block = root_block(number, summary(0, *first), summary(1, *second))
        store.write(directory.take(block), sync=False)
        for created, key in first + second:
            if created not in GENESIS.alloc or not GENESIS.alloc[created].code:
                expected.setdefault(created, key)
    found = {created: directory.locate(created) for created in expected}
    assert found == {created: Location(key, True) for created, key in expected.items()}
