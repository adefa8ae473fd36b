"""One file a detector; `DETECTORS` lists them in the order of the report."""
