"""Runs and networks as files for other programs, each with a manifest beside it."""
