"""The review store's tables, made step by step: one file a change, never edited afterwards."""

HEAD = "0006"
"""The newest step; a store at this step needs no migration."""
