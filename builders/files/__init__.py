"""Extract files: finding them, and reading their raw rows exactly, whatever their format."""
