#!/usr/bin/env python3
"""Spread the shards of a running cluster over its slaves by load. See `--help`."""

from environment import ensure

ensure()

from operating.rebalance import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
