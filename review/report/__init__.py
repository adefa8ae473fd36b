"""Clusters as pages that open anywhere: one file each, no network, no script."""
