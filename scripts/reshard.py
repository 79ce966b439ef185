#!/usr/bin/env python3
"""Double the shards of a running cluster until there are as many as wanted. See `--help`."""

from environment import ensure

ensure()

from operating.reshard import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
