"""Runners turn code and known values into an outcome, and nothing else."""
