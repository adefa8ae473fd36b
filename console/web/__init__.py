"""The web console: what investigators open in a browser, on the machine where the runs lie."""
