"""Divide, rank and test graphs: a file a method."""
