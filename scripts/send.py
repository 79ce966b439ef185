#!/usr/bin/env python3
"""Send one transaction, ordinary or between chosen shard keys, and wait for its receipt. See `--help`."""

from environment import ensure

ensure()

from sending.command import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
