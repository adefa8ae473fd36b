"""Extracts to one checked table of interactions, where every row read is accounted for."""
