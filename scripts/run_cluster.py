#!/usr/bin/env python3
"""Start a cluster on this machine: one master, its slaves, one JSON-RPC endpoint.

Makes its own Python environment on first use. See `--help`.
"""

from environment import ensure

ensure()

from cluster.launcher import main  # noqa: E402 - the environment comes first

if __name__ == "__main__":
    main()
