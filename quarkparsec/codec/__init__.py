"""Canonical encodings, strict both ways."""
