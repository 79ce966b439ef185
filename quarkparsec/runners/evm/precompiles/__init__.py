"""Precompiled contracts: bytes in, bytes out, a price known in advance.

They are functions of their input alone. A bad input raises InvalidInput, which costs the caller all the
gas it sent. What py-evm computes in pure Python (seconds for one pairing on BLS12-381 or one KZG proof)
runs in native libraries here, because its price was set for such.
"""
