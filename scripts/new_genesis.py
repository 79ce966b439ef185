#!/usr/bin/env python3
"""Make a genesis file of your own from one that exists: another chain id, other shards, other money."""

import sys
from pathlib import Path

from environment import ROOT, ensure

ensure()

import click  # noqa: E402 - the environment comes first
import orjson  # noqa: E402

from quarkparsec.chain.genesis import parse_genesis  # noqa: E402
from quarkparsec.errors import InvalidInput  # noqa: E402

WEI_PER_ETHER = 10**18


@click.command(context_settings={"show_default": True})
@click.option("--chain-id", type=int, required=True, help="What wallets will sign for.")
@click.option("--shards", type=int, default=4, help="A power of two.")
@click.option(
    "--fund", multiple=True, metavar="RECIPIENT=ETHER", help="Who has money; repeatable."
)
@click.option("--coinbase", help="Who gets the tips; default: as in the file it is based on.")
@click.option("--base", type=click.Path(path_type=Path), default=ROOT / "genesis" / "testnet.json")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Must not exist.")
def main(
    chain_id: int,
    shards: int,
    fund: tuple[str, ...],
    coinbase: str | None,
    base: Path,
    output: Path,
) -> None:
    """Write a genesis file and say what is in it."""
    fields = orjson.loads(base.read_bytes())
    fields.update(chain_id=chain_id, shard_count=shards, alloc=dict(map(_account, fund)))
    fields.update({"coinbase": coinbase} if coinbase else {})
    text = orjson.dumps(fields, option=orjson.OPT_INDENT_2) + b"\n"
    try:
        genesis = parse_genesis(text)
    except InvalidInput as error:
        sys.exit(str(error))
    with output.open("xb") as file:
        file.write(text)
    ether = genesis.supply / WEI_PER_ETHER
    print(
        f"{output}: chain {genesis.chain_id}, {shards} shards, {ether:,} ether, hash {genesis.hash.hex()}"
    )


def _account(text: str) -> tuple[str, dict[str, str]]:
    recipient, _, ether = text.partition("=")
    if not ether.isascii() or not ether.isdecimal():
        raise click.BadParameter(f"{text}: expected RECIPIENT=ETHER with whole ether")
    return recipient.lower(), {"balance": hex(int(ether) * WEI_PER_ETHER)}


if __name__ == "__main__":
    main()
