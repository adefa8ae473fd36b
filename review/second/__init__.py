"""The second, blind review of decisions: when it is asked for, what came of it, agreement."""
