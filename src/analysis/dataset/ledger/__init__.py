"""What becomes of each row: converted and kept, or set aside for a named reason."""
