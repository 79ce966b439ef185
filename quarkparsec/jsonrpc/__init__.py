"""JSON-RPC: protocol, methods, views, policy."""
