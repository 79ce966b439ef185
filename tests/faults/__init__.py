"""Real processes, killed at random moments while they work."""
