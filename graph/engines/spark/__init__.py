"""Spark holds the tables; compiled kernels travel to its workers as functions of Arrow batches."""
