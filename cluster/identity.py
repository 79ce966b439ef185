"""What every process of a cluster loads first: the configuration, the chain and the secret."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from cluster.bus import Credentials
from cluster.config import ClusterConfig, load_config, load_secret
from quarkparsec.chain.genesis import Genesis, parse_genesis
from quarkparsec.errors import InvalidInput
from quarkparsec.wire.session import Peer, Role


class Identity(NamedTuple):
    """Which cluster this is."""

    folder: Path
    """The data directory: the folder of the configuration file."""
    config: ClusterConfig
    genesis: Genesis
    secret: bytes

    def credentials(self, role: Role, name: str) -> Credentials:
        """What a process of this cluster shows to the others."""
        return Credentials(Peer(role, name), self.secret, self.genesis.hash)


def load_identity(path: Path) -> Identity:
    """Read the configuration file and what it names. Raises InvalidInput."""
    config = load_config(path)
    folder = path.absolute().parent
    try:
        genesis = parse_genesis((folder / config.genesis).read_bytes())
    except OSError as error:
        raise InvalidInput(f"cannot read {folder / config.genesis}: {error.strerror}") from error
    if config.min_epoch_ms is not None:  # the pace is the cluster's choice, not part of the chain
        genesis = msgspec.structs.replace(genesis, min_epoch_ms=config.min_epoch_ms)
    return Identity(folder, config, genesis, load_secret(folder / config.secret))
