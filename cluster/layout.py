"""The data directory of a cluster on one machine: what is in it, and how it comes to be.

    cluster.json    who is where (cluster/config.py)
    genesis.json    the chain, copied at first start
    secret          what the processes prove to one another, mode 0600
    jwt.hex         the token of the admin port, mode 0600
    logs/           one file a process
    run/            one file a process with its process id
    master/         the root chain
    slave-0/ …      the shards of each slave

A second start resumes: the chain stays what it was at first start, and a start that asks for another one
is refused.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from cluster.config import (
    CONFIG_FILE,
    ClusterConfig,
    Endpoint,
    GatewayConfig,
    SlaveConfig,
    create_secret,
    load_config,
    save_config,
)
from quarkparsec.chain.genesis import Genesis, parse_genesis
from quarkparsec.errors import InvalidInput

BUS_PORT_OFFSET: Final = 10_000
"""The master's bus port is the RPC port plus this, modulo the ports below."""

BUS_PORTS: Final = range(1_024, 32_768 - 65)
"""Without privilege, and out of the range from which the system takes ports for outgoing connections: one of
those would keep a process from listening for as long as it lasts."""

LOOPBACK: Final = "127.0.0.1"


class Options(NamedTuple):
    """What the person who starts the cluster chooses."""

    genesis: Path
    shards: int | None
    slaves: int
    rpc_port: int
    admin_port: int
    min_epoch_ms: int | None


class DataDirectory:
    """The folder, and the names in it."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path.absolute()
        self.config: Final = self.path / CONFIG_FILE
        self.genesis: Final = self.path / "genesis.json"
        self.secret: Final = self.path / "secret"
        self.token: Final = self.path / "jwt.hex"
        self.logs: Final = self.path / "logs"
        self.run: Final = self.path / "run"

    def delete(self) -> None:
        """Delete the folder, but only one that a cluster made."""
        if self.config.exists():
            shutil.rmtree(self.path)
        elif self.path.exists() and any(self.path.iterdir()):
            raise InvalidInput(f"{self.path} isn't a cluster's data directory; not deleting it")

    def prepare(self, options: Options) -> tuple[ClusterConfig, Genesis]:
        """Create what is missing; the configuration to run with. Raises InvalidInput."""
        wanted = _read_genesis(options.genesis, options.shards)
        if self.config.exists():
            genesis = parse_genesis(self.genesis.read_bytes())
            config = self._resume(options, genesis, parse_genesis(wanted))
        else:
            genesis = parse_genesis(wanted)
            config = _new_config(options, genesis)
            self._create(wanted)
        for folder in (self.logs, self.run):
            folder.mkdir(exist_ok=True)
        save_config(self.config, config)
        return config, genesis

    def _create(self, genesis: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.genesis.write_bytes(genesis)
        for path in (self.secret, self.token):
            path.unlink(missing_ok=True)
        create_secret(self.secret)
        descriptor = os.open(self.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")

    def _resume(self, options: Options, genesis: Genesis, wanted: Genesis) -> ClusterConfig:
        if genesis.hash != wanted.hash:
            raise InvalidInput(
                f"{self.path} holds another chain than {options.genesis}; use --clean or another --data-dir"
            )
        held = load_config(self.config)
        if len(held.slaves) != options.slaves:
            raise InvalidInput(
                f"{self.path} was made with {len(held.slaves)} slaves; "
                f"start it with --slaves {len(held.slaves)}"
            )
        return _new_config(options, genesis)


def _read_genesis(path: Path, shards: int | None) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    if shards is None:
        return text
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{path}: {error}") from error
    return orjson.dumps({**fields, "shard_count": shards}, option=orjson.OPT_INDENT_2)


def _new_config(options: Options, genesis: Genesis) -> ClusterConfig:
    if options.slaves > genesis.shard_count:
        raise InvalidInput(f"{options.slaves} slaves, but only {genesis.shard_count} shards")
    bus_port = BUS_PORTS[(options.rpc_port + BUS_PORT_OFFSET - BUS_PORTS.start) % len(BUS_PORTS)]
    slaves = [
        SlaveConfig(
            name=f"slave-{index}",
            host=LOOPBACK,
            port=bus_port + 1 + index,
            shards=list(range(index, genesis.shard_count, options.slaves)),
        )
        for index in range(options.slaves)
    ]
    return ClusterConfig(
        genesis="genesis.json",
        secret="secret",  # noqa: S106 - a file's name
        token="jwt.hex",  # noqa: S106 - likewise
        master=Endpoint(LOOPBACK, bus_port),
        slaves=slaves,
        gateway=GatewayConfig(LOOPBACK, options.rpc_port),
        admin=Endpoint(LOOPBACK, options.admin_port),
        min_epoch_ms=options.min_epoch_ms,
    )
