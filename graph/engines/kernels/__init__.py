"""Compiled and array code on plain numpy: no tables, no engine, so Spark workers can load it."""
