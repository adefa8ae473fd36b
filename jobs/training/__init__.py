"""Reviewers' decisions turned into a scorecard: examples, splits, fit, measures, model card."""
