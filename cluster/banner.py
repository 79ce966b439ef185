"""What a person needs to know once a cluster runs: where it is, and whose keys have money."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from cluster.config import ClusterConfig
from cluster.layout import DataDirectory
from quarkparsec.chain.genesis import Genesis
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of
from quarkparsec.types import home_key, shard_of

TEST_ACCOUNTS = 10
WEI_PER_ETHER = 10**18


def banner(
    config: ClusterConfig, genesis: Genesis, directory: DataDirectory, head: int
) -> RenderableType:
    """The summary that the launcher prints when everything is up."""
    return Group(_facts(config, genesis, directory, head), *_accounts(genesis))


def _facts(config: ClusterConfig, genesis: Genesis, directory: DataDirectory, head: int) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    shards = ", ".join(f"{slave.name} {slave.shards}" for slave in config.slaves)
    table.add_row("JSON-RPC", f"[bold]http://{config.gateway.host}:{config.gateway.port}[/bold]")
    table.add_row(
        "admin", f"http://{config.admin.host}:{config.admin.port}, token in {directory.token}"
    )
    table.add_row("chain id", str(genesis.chain_id))
    table.add_row("block", str(head))
    table.add_row("shards", f"{genesis.shard_count}: {shards}")
    table.add_row("data", str(directory.path))
    return table


def _accounts(genesis: Genesis) -> list[RenderableType]:
    """The keys of the test mnemonic, if this chain gave them money."""
    table = Table("account", "private key", "shard", "ether", box=None, padding=(0, 2, 0, 0))
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ignore"
    for key in derive_keys(TEST_MNEMONIC, TEST_ACCOUNTS):
        recipient = recipient_of(key)
        allocated = genesis.alloc.get(recipient)
        if allocated is not None:
            shard = shard_of(home_key(recipient), genesis.shard_count)
            ether = f"{allocated.balance // WEI_PER_ETHER:,}"
            table.add_row("0x" + recipient.hex(), "0x" + key.hex(), str(shard), ether)
    if not table.row_count:
        return []
    return ["", table, f"mnemonic: {TEST_MNEMONIC} (everybody has these keys)"]
