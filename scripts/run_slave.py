#!/usr/bin/env python3
"""Run one more slave on this machine and let it join the cluster. See `--help`."""

from environment import ensure

ensure()

from operating.run_slave import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
