"""JSON-RPC against a cluster in memory."""
