"""Mirrors `quarkparsec/jsonrpc/methods`."""
