"""The scripts, as far as they can be tested without starting processes."""
