#!/usr/bin/env python3
"""Check the databases of a cluster: every root, every hash, every wei. See `--help`."""

from environment import ensure

ensure()

from auditing.command import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
