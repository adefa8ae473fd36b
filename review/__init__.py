"""What was found, why, and what a person decided."""
