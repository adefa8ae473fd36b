"""The pages of the web console, one file a page."""
