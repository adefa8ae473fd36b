"""The programs' door to the console: `/api/v1`, JSON in and out, by tokens."""
