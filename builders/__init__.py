"""Extracts to interactions, interactions to graphs of accounts: a file a way of joining them."""
