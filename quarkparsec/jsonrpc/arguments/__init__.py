"""What clients send as arguments, read into the types of the domain."""
