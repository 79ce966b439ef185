"""The data directory of a cluster on one machine: what is in it, and how it comes to be.

    cluster.json    where the processes are (cluster/config.py)
    genesis.json    the chain, copied at first start
    secret          what the processes prove to one another, mode 0600
    jwt.hex         the token of the admin port, mode 0600
    logs/           one file a process
    run/            one file a process with its process id
    master/         the root chain
    slave-0/ …      the shards of each slave, and who was where when it last heard of it

A second start resumes: the chain and the processes stay what they were, and a start that asks for other ones is
refused. Only the doors for clients and the pace are chosen anew.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
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

DEVNET: Final = Path(__file__).parent.parent / "genesis" / "devnet.json"

SLAVES: Final = 2
"""Of a new cluster, unless somebody says otherwise."""


class Options(NamedTuple):
    """What the person who starts the cluster chooses."""

    genesis: Path | None
    """None: the chain that is there, or the development chain."""
    shards: int | None
    slaves: int | None
    """None: as many as there are, or two."""
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
        is_there = self.config.exists()
        asked = options.genesis or (self.genesis if is_there else DEVNET)
        wanted = _read_genesis(asked, options.shards)
        genesis = parse_genesis(wanted)
        if is_there:
            self._check_chain(options, genesis)
            config = self._resume(options)
        else:
            config = _new_config(options, genesis)
            self._create(wanted)
        for folder in (self.logs, self.run):
            folder.mkdir(exist_ok=True)
        save_config(self.config, config)
        return config, genesis

    # --- slaves that come and go

    def add_slave(self, name: str, host: str, port: int | None) -> SlaveConfig:
        """Where a slave of that name runs; one that isn't configured gets the next port. Raises InvalidInput."""
        config = load_config(self.config)
        known = next((slave for slave in config.slaves if slave.name == name), None)
        if known is not None:
            return known
        ports = [config.master.port, *(slave.port for slave in config.slaves)]
        slave = SlaveConfig(name, host, port or max(ports) + 1)
        self._set_slaves(config, [*config.slaves, slave])
        return slave

    def forget_slave(self, name: str) -> None:
        """A slave was removed: the next start does without it."""
        config = load_config(self.config)
        self._set_slaves(config, [slave for slave in config.slaves if slave.name != name])

    def _set_slaves(self, config: ClusterConfig, slaves: list[SlaveConfig]) -> None:
        save_config(self.config, msgspec.structs.replace(config, slaves=slaves))

    # --- within

    def _create(self, genesis: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.genesis.write_bytes(genesis)
        for path in (self.secret, self.token):
            path.unlink(missing_ok=True)
        create_secret(self.secret)
        descriptor = os.open(self.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")

    def _check_chain(self, options: Options, wanted: Genesis) -> None:
        if options.genesis is None and options.shards is None:
            return
        if parse_genesis(self.genesis.read_bytes()).hash != wanted.hash:
            asked = options.genesis or f"one with {options.shards} shards"
            raise InvalidInput(
                f"{self.path} holds another chain than {asked}; use --clean or another --data-dir"
            )

    def _resume(self, options: Options) -> ClusterConfig:
        held = load_config(self.config)
        if options.slaves not in (None, len(held.slaves)):
            raise InvalidInput(
                f"{self.path} has {len(held.slaves)} slaves; start it without --slaves. "
                f"Others join while it runs"
            )
        return msgspec.structs.replace(
            held,
            gateway=msgspec.structs.replace(held.gateway, port=options.rpc_port),
            admin=msgspec.structs.replace(held.admin, port=options.admin_port),
            min_epoch_ms=options.min_epoch_ms,
        )


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
    slaves = SLAVES if options.slaves is None else options.slaves
    if slaves > genesis.shard_count:
        raise InvalidInput(f"{slaves} slaves, but only {genesis.shard_count} shards")
    bus_port = BUS_PORTS[(options.rpc_port + BUS_PORT_OFFSET - BUS_PORTS.start) % len(BUS_PORTS)]
    return ClusterConfig(
        genesis="genesis.json",
        secret="secret",  # noqa: S106 - a file's name
        token="jwt.hex",  # noqa: S106 - likewise
        master=Endpoint(LOOPBACK, bus_port),
        slaves=[
            SlaveConfig(f"slave-{index}", LOOPBACK, bus_port + 1 + index)
            for index in range(slaves)
        ],
        gateway=GatewayConfig(LOOPBACK, options.rpc_port),
        admin=Endpoint(LOOPBACK, options.admin_port),
        min_epoch_ms=options.min_epoch_ms,
    )
