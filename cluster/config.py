"""The file that every process of a cluster reads: who is where, and which shards each slave holds.

    {
      "genesis": "genesis.json",            path, relative to this file
      "secret": "secret",                   path of 32 random bytes, mode 0600
      "token": "jwt.hex",                   path of 32 random bytes in hex, mode 0600
      "master": {"host": "127.0.0.1", "port": 18545},
      "slaves": [{"name": "slave-0", "host": "127.0.0.1", "port": 18546, "shards": [0, 2]}, …],
      "gateway": {"host": "127.0.0.1", "port": 8545, "origins": [], "hosts": ["localhost"]},
      "admin": {"host": "127.0.0.1", "port": 8546},
      "gateway_in_master": true,
      "min_epoch_ms": null                  overrides the genesis file's pace when given
    }

A process keeps its data in a folder of its own beside this file: `master/`, `slave-0/`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from quarkparsec.errors import InvalidInput
from quarkparsec.types import ShardId
from quarkparsec.wire.session import SECRET_BYTES

CONFIG_FILE: Final = "cluster.json"


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a process listens for the others."""

    host: str
    port: int


class SlaveConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One slave: where it listens, what it holds."""

    name: str
    host: str
    port: int
    shards: list[int]


class GatewayConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where JSON-RPC is served, and to which web pages."""

    host: str
    port: int
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ("localhost",)


class ClusterConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    genesis: str
    secret: str
    token: str
    master: Endpoint
    slaves: list[SlaveConfig]
    gateway: GatewayConfig
    admin: Endpoint
    gateway_in_master: bool = True
    min_epoch_ms: int | None = None

    def slave(self, name: str) -> SlaveConfig:
        """The slave of that name. Raises InvalidInput."""
        for slave in self.slaves:
            if slave.name == name:
                return slave
        raise InvalidInput(f"the configuration has no slave named {name}")

    def slave_of(self, shard_id: ShardId) -> SlaveConfig:
        """The slave that holds a shard."""
        return next(slave for slave in self.slaves if shard_id in slave.shards)


def load_config(path: Path) -> ClusterConfig:
    """Read and check a cluster file. Raises InvalidInput."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClusterConfig)
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path}: {error}") from error


def save_config(path: Path, config: ClusterConfig) -> None:
    """Write a cluster file that `load_config` reads back; whoever is stopped half-way leaves the old one."""
    written = path.with_suffix(".new")
    written.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
    written.replace(path)


def check_shards(config: ClusterConfig, shard_count: int) -> None:
    """Raise InvalidInput unless every shard has exactly one slave."""
    held = sorted(shard for slave in config.slaves for shard in slave.shards)
    if held != list(range(shard_count)):
        raise InvalidInput(
            f"the slaves hold shards {held}, but the chain has {shard_count} shards"
        )
    names = [slave.name for slave in config.slaves]
    if len(set(names)) != len(names):
        raise InvalidInput("two slaves have the same name")


def create_secret(path: Path) -> None:
    """Write a new secret that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))


def load_secret(path: Path) -> bytes:
    """Read the secret; refuses one that others may read. Raises InvalidInput."""
    try:
        if path.stat().st_mode & 0o077:
            raise InvalidInput(f"{path} is readable by others; chmod 600 it")
        secret = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    if len(secret) != SECRET_BYTES:
        raise InvalidInput(f"{path} must hold {SECRET_BYTES} bytes")
    return secret
