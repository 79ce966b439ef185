"""Rules of this code that no linter knows."""
