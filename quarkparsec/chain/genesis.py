"""A chain's beginning: the genesis file, read strictly.

Unknown, missing or malformed fields are InvalidInput with the path of the field. genesis/README.md says
what each field means. `Genesis.hash` covers everything that two nodes must agree on to be on the same
chain; the pace of epochs and how much history a node keeps are not part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Final, Literal

import msgspec

from quarkparsec.chain.chain_ids import is_cluster_chain_id
from quarkparsec.chain.fork import Fork
from quarkparsec.codec import rlp
from quarkparsec.codec.quantities import parse_data, parse_quantity, parse_slot
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.types import (
    RECIPIENT_BYTES,
    Gas,
    Hash32,
    Recipient,
    ShardId,
    ShardKey,
    Slot,
    Wei,
    home_key,
    is_shard_count,
    shard_of,
)

CHAIN_IDS_OF_TOOLS: Final = frozenset({1337, 31337})
"""Tools take these for their own development chains."""

ContractKey = Literal["home", "common"]
"""Where a new contract lives: under its creator's home key, or all under one key."""

Shuffle = Literal["none", "seeded"]
"""How lane 1 orders a block: by tip and arrival, or by the epoch's seed."""


class _Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    balance: str = "0x0"
    nonce: str = "0x0"
    code: str = "0x"
    storage: dict[str, str] = {}
    shard_key: str | None = None


class _Universal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    code: str
    nonce: str = "0x1"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chain_id: int
    fork: Fork
    shard_count: int
    timestamp: str
    gas_limit: str
    base_fee: str
    coinbase: str
    min_epoch_ms: int
    heartbeat_ms: int
    history: int
    archive: bool
    contract_key: ContractKey
    shuffle: Shuffle
    extra_data: str
    alloc: dict[str, _Account]
    universal: dict[str, _Universal]


class Genesis(msgspec.Struct, frozen=True, dict=True):
    """A chain as its genesis file describes it."""

    chain_id: int
    fork: Fork
    shard_count: int
    timestamp: int
    """Seconds since 1970."""
    gas_limit: Gas
    """Of one shard's block."""
    base_fee: Wei
    """Of epoch 1."""
    coinbase: Recipient
    min_epoch_ms: int
    heartbeat_ms: int
    """An idle chain makes a block this often; 0: never."""
    history: int
    """How many epochs back the state can be read."""
    archive: bool
    """Keep all of them."""
    contract_key: ContractKey
    shuffle: Shuffle
    """Whether lane 1 orders a block's transactions by the epoch's seed."""
    extra_data: bytes
    alloc: Mapping[Recipient, GenesisEntry]
    universal_contracts: Mapping[Recipient, GenesisEntry]
    """In every shard, and a part of each for every shard key. Their entries' own shard key is that of the shard."""

    @cached_property
    def universal(self) -> frozenset[Recipient]:
        """Contracts that exist in every shard and belong to no key."""
        return frozenset(self.universal_contracts)

    @cached_property
    def supply(self) -> Wei:
        """All the money there is."""
        return Wei(sum(entry.balance for entry in self.alloc.values()))

    @cached_property
    def hash(self) -> Hash32:
        """What two nodes of one chain have in common."""
        scalars = (self.chain_id, self.shard_count, self.timestamp, self.gas_limit, self.base_fee)
        choices = (self.fork.encode(), self.contract_key.encode(), self.shuffle.encode())
        return keccak(
            rlp.encode(
                [
                    *map(rlp.scalar_bytes, scalars),
                    *choices,
                    self.coinbase,
                    self.extra_data,
                    _items(self.alloc),
                    _items(self.universal_contracts),
                ]
            )
        )

    def accounts(self, shard_id: ShardId) -> dict[Recipient, GenesisEntry]:
        """What a shard holds at the beginning.

        Its own accounts, every universal contract, and the stubs of contracts whose home it is but that
        live elsewhere, as creation leaves them.
        """
        key = ShardKey(shard_id)
        universal = {
            recipient: entry._replace(shard_key=key)
            for recipient, entry in self.universal_contracts.items()
        }
        stubs = {
            recipient: GenesisEntry(entry.shard_key, 0, 0, FOREIGN_STUB, {})
            for recipient, entry in self.alloc.items()
            if entry.code and shard_of(home_key(recipient), self.shard_count) == shard_id
        }
        own = {
            recipient: entry
            for recipient, entry in self.alloc.items()
            if shard_of(entry.shard_key, self.shard_count) == shard_id
        }
        return stubs | own | universal


def parse_genesis(text: bytes) -> Genesis:
    """Read a genesis file. Raises InvalidInput with the path of what is wrong."""
    try:
        file = msgspec.json.decode(text, type=_File)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"genesis: {error}") from error
    json.loads(text, object_pairs_hook=_without_repetition)
    genesis = Genesis(
        chain_id=file.chain_id,
        fork=file.fork,
        shard_count=file.shard_count,
        timestamp=_quantity(file.timestamp, "timestamp", bits=64),
        gas_limit=Gas(_quantity(file.gas_limit, "gas_limit", bits=63)),
        base_fee=Wei(_quantity(file.base_fee, "base_fee")),
        coinbase=_recipient(file.coinbase, "coinbase"),
        min_epoch_ms=file.min_epoch_ms,
        heartbeat_ms=file.heartbeat_ms,
        history=file.history,
        archive=file.archive,
        contract_key=file.contract_key,
        shuffle=file.shuffle,
        extra_data=_data(file.extra_data, "extra_data"),
        alloc=_alloc(file.alloc),
        universal_contracts=_universal(file.universal),
    )
    _check(genesis)
    return genesis


def _without_repetition(members: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names all differ: readers of JSON keep the last one otherwise and say nothing."""
    found: dict[str, object] = {}
    for name, value in members:
        if name in found:
            raise InvalidInput(f"genesis: {name} is there twice")
        found[name] = value
    return found


def _check(genesis: Genesis) -> None:
    """Raise InvalidInput for values that make no chain."""
    rules = (
        (is_cluster_chain_id(genesis.chain_id), "chain_id must be between 1 and 2^20 - 1"),
        (
            genesis.chain_id not in CHAIN_IDS_OF_TOOLS,
            "chain_id is one that tools keep for themselves",
        ),
        (is_shard_count(genesis.shard_count), "shard_count must be a power of two"),
        (genesis.gas_limit >= 21_000, "gas_limit has no room for a transaction"),
        (genesis.min_epoch_ms >= 0, "min_epoch_ms is negative"),
        (genesis.heartbeat_ms >= 0, "heartbeat_ms is negative"),
        (genesis.history >= 1, "history must be 1 at least"),
        (len(genesis.extra_data) <= 32, "extra_data has 32 bytes at most"),
        (not genesis.universal & set(genesis.alloc), "a universal contract is in alloc, too"),
        (genesis.supply < 1 << 256, "alloc holds more than 2^256 wei"),
        (_pays_at_home(genesis), "the coinbase is a contract that doesn't live at its home key"),
    )
    for holds, words in rules:
        if not holds:
            raise InvalidInput(f"genesis: {words}")


def _pays_at_home(genesis: Genesis) -> bool:
    """Whether tips find the coinbase where they are credited."""
    entry = genesis.alloc.get(genesis.coinbase)
    return entry is None or not entry.code or entry.shard_key == home_key(genesis.coinbase)


def _alloc(accounts: Mapping[str, _Account]) -> dict[Recipient, GenesisEntry]:
    entries: dict[Recipient, GenesisEntry] = {}
    for text, account in accounts.items():
        path = f"alloc.{text}"
        recipient = _recipient(text, path)
        if recipient in entries:
            raise InvalidInput(f"genesis: {path} is there twice")
        key = home_key(recipient)
        if account.shard_key is not None:
            key = ShardKey(_quantity(account.shard_key, f"{path}.shard_key", bits=32))
        entry = GenesisEntry(
            key,
            _quantity(account.nonce, f"{path}.nonce", bits=64),
            _quantity(account.balance, f"{path}.balance"),
            _data(account.code, f"{path}.code"),
            _storage(account.storage, path),
        )
        if not (entry.nonce or entry.balance or entry.code):
            raise InvalidInput(
                f"genesis: {path} is empty: such an account doesn't exist (EIP-161)"
            )
        entries[recipient] = entry
    return entries


def _universal(contracts: Mapping[str, _Universal]) -> dict[Recipient, GenesisEntry]:
    entries: dict[Recipient, GenesisEntry] = {}
    for text, contract in contracts.items():
        path = f"universal.{text}"
        recipient = _recipient(text, path)
        if recipient in entries:
            raise InvalidInput(f"genesis: {path} is there twice")
        nonce = _quantity(contract.nonce, f"{path}.nonce", bits=64)
        code = _data(contract.code, f"{path}.code")
        entries[recipient] = GenesisEntry(ShardKey(0), nonce, 0, code, {})
    return entries


def _storage(words: Mapping[str, str], path: str) -> dict[Slot, int]:
    storage: dict[Slot, int] = {}
    for text, word in words.items():
        try:
            slot, value = Slot(parse_slot(text)), int.from_bytes(parse_slot(word), "big")
        except InvalidInput as error:
            raise InvalidInput(f"genesis: {path}.storage.{text}: {error}") from error
        if slot in storage or not value:
            raise InvalidInput(f"genesis: {path}.storage.{text} is there twice, or zero")
        storage[slot] = value
    return storage


def _quantity(text: str, path: str, *, bits: int = 256) -> int:
    try:
        return parse_quantity(text, bits=bits)
    except InvalidInput as error:
        raise InvalidInput(f"genesis: {path}: {error}") from error


def _data(text: str, path: str, *, size: int | None = None) -> bytes:
    try:
        return parse_data(text, size=size)
    except InvalidInput as error:
        raise InvalidInput(f"genesis: {path}: {error}") from error


def _recipient(text: str, path: str) -> Recipient:
    return Recipient(_data(text, path, size=RECIPIENT_BYTES))


def _items(entries: Mapping[Recipient, GenesisEntry]) -> list[rlp.Item]:
    return [[recipient, *_item(entry)] for recipient, entry in sorted(entries.items())]


def _item(entry: GenesisEntry) -> list[rlp.Item]:
    slots: list[rlp.Item] = [
        [slot, rlp.scalar_bytes(word)] for slot, word in sorted(entry.storage.items())
    ]
    scalars = (entry.shard_key, entry.nonce, entry.balance)
    return [*map(rlp.scalar_bytes, scalars), entry.code, slots]
