"""Hashing and signatures."""
