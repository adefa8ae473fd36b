"""What a measurement over simulated worlds is asked."""

from __future__ import annotations

import argparse


def worlds_parser(says: str, *, seeds: str) -> argparse.ArgumentParser:
    """The options that every measurement over worlds has: seeds, size and families.

    Args:
        says: what it measures; the first line is shown.
        seeds: those that are taken where none are named.
    """
    parser = argparse.ArgumentParser(description=says.split("\n")[0])
    parser.add_argument("--seeds", default=seeds, help="seeds, a space or comma between")
    parser.add_argument("--interactions", type=int, default=300_000)
    parser.add_argument("--days", type=int, default=14)
    every = "own,held-out,flat,outside,fortnight,marketplace,forum"
    parser.add_argument("--families", default=every)
    return parser


def seeds_in(text: str) -> list[int]:
    """Seeds as they are given on the command line."""
    return [int(one) for one in text.replace(",", " ").split()]
