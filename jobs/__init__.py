"""Detectors and runs: where builders and algorithms meet."""
