"""Cluster does: sockets, disks, clocks, threads and processes around what quarkparsec decides."""

import os

# eth-hash would pick pycryptodome, whose keccak is seven times slower; it looks once, at first import.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
