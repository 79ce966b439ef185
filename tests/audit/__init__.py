"""Books that were tampered with."""
