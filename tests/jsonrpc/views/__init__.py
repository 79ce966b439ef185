"""Mirrors `quarkparsec/jsonrpc/views`."""
