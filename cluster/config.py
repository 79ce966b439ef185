"""The file that every process of a cluster reads: where to find the others.

    {
      "genesis": "genesis.json",            path, relative to this file
      "secret": "secret",                   path of 32 random bytes, mode 0600
      "token": "jwt.hex",                   path of 32 random bytes in hex, mode 0600
      "master": {"host": "127.0.0.1", "port": 18545},
      "slaves": [{"name": "slave-0", "host": "127.0.0.1", "port": 18546}, …],
      "gateway": {"host": "127.0.0.1", "port": 8545, "origins": [], "hosts": ["localhost"]},
      "admin": {"host": "127.0.0.1", "port": 8546},
      "gateway_in_master": true,
      "min_epoch_ms": null                  overrides the genesis file's pace when given
    }

A process keeps its data in a folder of its own beside this file: `master/`, `slave-0/`.

The slaves are those that a new chain begins with, and those that the launcher starts. Which of them holds which
shard, and who joined or left since, is written beside the root chain (quarkparsec/root/topology.py), and the
master tells everybody.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from quarkparsec.errors import InvalidInput
from quarkparsec.root.topology import SlavePlace
from quarkparsec.wire.session import SECRET_BYTES

CONFIG_FILE: Final = "cluster.json"


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a process listens for the others."""

    host: str
    port: int


class SlaveConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One slave: its name, and where it listens."""

    name: str
    host: str
    port: int


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

    def places(self) -> tuple[SlavePlace, ...]:
        """The slaves that a new chain begins with."""
        return tuple(SlavePlace(slave.name, slave.host, slave.port) for slave in self.slaves)


def load_config(path: Path) -> ClusterConfig:
    """Read and check a cluster file. Raises InvalidInput."""
    try:
        config = msgspec.json.decode(path.read_bytes(), type=ClusterConfig)
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path}: {error}") from error
    names = [slave.name for slave in config.slaves]
    if not names or len(set(names)) != len(names):
        raise InvalidInput(f"{path}: a cluster has at least one slave, and no two of one name")
    return config


def save_config(path: Path, config: ClusterConfig) -> None:
    """Write a cluster file that `load_config` reads back; whoever is stopped half-way leaves the old one."""
    written = path.with_suffix(".new")
    written.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
    written.replace(path)


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
