"""What columns are, and in which formats their dates and amounts are written."""
