"""A cluster's lasting id: minted once, kept while it grows, shrinks, splits, merges and returns."""
