"""Sends one transaction, ordinary or native, and waits for its receipt."""
