"""Hive tables by name: a catalogue says where and how they lie, the house reads their files."""
