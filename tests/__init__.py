"""Tests mirror the code name for name."""
