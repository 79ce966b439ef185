"""A chain that begins with many accounts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.reshard.accounts import DEVNET, write_genesis

from quarkparsec.chain.genesis import parse_genesis


def test_so_many_accounts_have_money_beside_those_of_the_development_chain(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    write_genesis(path, 1_000)
    genesis, devnet = parse_genesis(path.read_bytes()), parse_genesis(DEVNET.read_bytes())
    assert len(genesis.alloc) == len(devnet.alloc) + 1_000
    assert all(entry.balance for entry in genesis.alloc.values())
    write_genesis(path, 1_000)
    assert parse_genesis(path.read_bytes()).hash == genesis.hash
