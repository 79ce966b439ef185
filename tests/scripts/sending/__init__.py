"""The script that sends one transaction."""
