"""Mirrors `quarkparsec/jsonrpc/arguments`."""
