#!/usr/bin/env python3
"""Load any Ethereum JSON-RPC endpoint with signed transactions, and measure. See `--help`."""

from environment import ensure

ensure()

from benchmarks.load.command import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
