"""Reading a genesis file: what it says, where it is wrong, and what its hash covers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from quarkparsec.chain.genesis import Genesis, parse_genesis
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Recipient, ShardId, Slot
from tests.chain.genesis_text import CONTRACT, PLACED, UNIVERSAL, USER, fields, text


def recipient(spelled: str) -> Recipient:
    return Recipient(bytes.fromhex(spelled[2:]))


def parse(**changes: Any) -> Genesis:
    return parse_genesis(text(**changes))


def test_a_file_says_what_a_chain_begins_with() -> None:
    genesis = parse()
    assert (genesis.chain_id, genesis.fork, genesis.shard_count) == (20803, "prague", 4)
    assert (genesis.gas_limit, genesis.base_fee) == (30_000_000, 10**9)
    assert genesis.supply == 101
    assert genesis.universal == {recipient(UNIVERSAL)}
    contract = genesis.alloc[recipient(CONTRACT)]
    assert (contract.nonce, contract.balance, contract.code) == (1, 0, b"\x00")
    assert contract.storage == {Slot((1).to_bytes(32, "big")): 2}


def test_an_account_is_in_one_shard_and_a_universal_contract_in_all() -> None:
    genesis = parse()
    shards = [genesis.accounts(ShardId(shard)) for shard in range(4)]
    holders = {
        spelled: [shard for shard in range(4) if recipient(spelled) in shards[shard]]
        for spelled in (USER, CONTRACT, PLACED, UNIVERSAL)
    }
    assert holders == {USER: [1], CONTRACT: [2], PLACED: [2], UNIVERSAL: [0, 1, 2, 3]}
    assert shards[2][recipient(PLACED)].shard_key == 6


def test_every_entry_of_a_shard_is_its_own() -> None:
    genesis = parse()
    for shard in range(4):
        keys = [entry.shard_key for entry in genesis.accounts(ShardId(shard)).values()]
        assert [key % 4 for key in keys] == [shard] * len(keys)


def test_a_universal_contract_looks_deployed() -> None:
    entry = parse().accounts(ShardId(0))[recipient(UNIVERSAL)]
    assert (entry.nonce, entry.balance, entry.code) == (1, 0, b"\x5b")


@pytest.mark.parametrize("name", fields())
def test_a_missing_field_is_named(name: str) -> None:
    members = fields()
    del members[name]
    with pytest.raises(InvalidInput, match=name):
        parse_genesis(json.dumps(members).encode())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chain_ids": 1}, "chain_ids"),
        ({"chain_id": "20803"}, "chain_id"),
        ({"chain_id": 0}, "chain_id"),
        ({"chain_id": -1}, "chain_id"),
        ({"chain_id": 2**20}, "chain_id"),
        ({"chain_id": 1337}, "chain_id"),
        ({"chain_id": 31337}, "chain_id"),
        ({"fork": "london"}, "fork"),
        ({"shard_count": 0}, "shard_count"),
        ({"shard_count": 3}, "shard_count"),
        ({"shard_count": True}, "shard_count"),
        ({"timestamp": 5}, "timestamp"),
        ({"timestamp": "0x10000000000000000"}, "timestamp"),
        ({"gas_limit": "0x5207"}, "gas_limit"),
        ({"gas_limit": "30000000"}, "gas_limit"),
        ({"base_fee": "0x00"}, "base_fee"),
        ({"coinbase": "0x11"}, "coinbase"),
        ({"min_epoch_ms": -1}, "min_epoch_ms"),
        ({"heartbeat_ms": -1}, "heartbeat_ms"),
        ({"history": 0}, "history"),
        ({"archive": 1}, "archive"),
        ({"contract_key": "mine"}, "contract_key"),
        ({"shuffle": "yes"}, "shuffle"),
        ({"extra_data": "0x" + "00" * 33}, "extra_data"),
        ({"alloc": {"0x11": {"balance": "0x1"}}}, "alloc.0x11"),
        ({"alloc": {USER: {}}}, f"alloc.{USER} is empty"),
        ({"alloc": {USER: {"balance": "1"}}}, f"alloc.{USER}.balance"),
        ({"alloc": {USER: {"nonce": "0x10000000000000000"}}}, f"alloc.{USER}.nonce"),
        ({"alloc": {USER: {"code": "0x0"}}}, f"alloc.{USER}.code"),
        ({"alloc": {USER: {"balance": "0x1", "shard_key": "0x100000000"}}}, f"{USER}.shard_key"),
        ({"alloc": {USER: {"code": "0x00", "storage": {"1": "0x1"}}}}, f"{USER}.storage.1"),
        ({"alloc": {USER: {"code": "0x00", "storage": {"0x1": "0x0"}}}}, f"{USER}.storage.0x1"),
        (
            {"alloc": {USER: {"code": "0x00", "storage": {"0x1": "0x1", "0x01": "0x2"}}}},
            f"alloc.{USER}.storage.0x01 is there twice",
        ),
        (
            {"alloc": {"0x" + "aa" * 20: {"nonce": "0x1"}, "0x" + "AA" * 20: {"nonce": "0x1"}}},
            "is there twice",
        ),
        (
            {"alloc": {USER: {"balance": hex(2**256 - 1)}, PLACED: {"balance": "0x1"}}},
            "alloc holds more",
        ),
        ({"alloc": {UNIVERSAL: {"balance": "0x1"}}}, "a universal contract is in alloc"),
        ({"universal": {UNIVERSAL: {"code": "0x00"}}}, "name"),
        ({"universal": {UNIVERSAL: {"name": "x", "code": "0x0"}}}, f"universal.{UNIVERSAL}.code"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_a_wrong_field_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse(**changes)


def test_a_name_that_is_there_twice_is_refused() -> None:
    once = text()
    twice = [
        once.replace(b'"fork"', b'"chain_id": 20803, "fork"'),
        once.replace(b'"alloc": {', b'"alloc": {"%s": {"balance": "0x1"}, ' % USER.encode()),
        once.replace(b'{"balance": "0x64"}', b'{"balance": "0x65", "balance": "0x64"}'),
    ]
    for repeated in twice:
        assert repeated != once
        with pytest.raises(InvalidInput, match="is there twice"):
            parse_genesis(repeated)


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"chain_id": NaN}']
)
def test_what_is_no_genesis_file_is_refused(broken: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_genesis(broken)


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 20804},
        {"fork": "cancun"},
        {"shard_count": 8},
        {"timestamp": "0x1"},
        {"gas_limit": "0x1c9c381"},
        {"base_fee": "0x1"},
        {"coinbase": USER},
        {"contract_key": "common"},
        {"shuffle": "seeded"},
        {"extra_data": "0x00"},
        {"alloc": {}},
        {"alloc": {USER: {"balance": "0x65"}}},
        {"alloc": {USER: {"balance": "0x64", "nonce": "0x1"}}},
        {"alloc": {USER: {"balance": "0x64", "code": "0x00"}}},
        {"alloc": {USER: {"balance": "0x64", "storage": {"0x1": "0x1"}}}},
        {"alloc": {USER: {"balance": "0x64", "storage": {"0x1": "0x2"}}}},
        {"alloc": {USER: {"balance": "0x64", "shard_key": "0x1"}}},
        {"universal": {}},
        {"universal": {UNIVERSAL: {"name": "everywhere", "code": "0x5b", "nonce": "0x2"}}},
        {"universal": {UNIVERSAL: {"name": "everywhere", "code": "0x5c"}}},
    ],
    ids=str,
)
def test_the_hash_covers_what_two_nodes_must_agree_on(changes: dict[str, Any]) -> None:
    assert parse(**changes).hash != parse().hash


@pytest.mark.parametrize(
    "changes",
    [{"min_epoch_ms": 51}, {"heartbeat_ms": 1}, {"history": 1}, {"archive": True}],
    ids=str,
)
def test_the_hash_leaves_operation_alone(changes: dict[str, Any]) -> None:
    assert parse(**changes).hash == parse().hash


def test_the_hash_does_not_depend_on_spelling() -> None:
    members = fields()
    shuffled = dict(reversed(members.items()))
    shuffled["alloc"] = {
        spelled.upper().replace("0X", "0x"): account
        for spelled, account in reversed(members["alloc"].items())
    }
    assert parse_genesis(json.dumps(shuffled, indent=4).encode()).hash == parse().hash
