"""The operator's audit."""
