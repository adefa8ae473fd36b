"""Where accounts stand in a network picture: the same graph always gives the same picture.

Source: Fruchterman, Reingold, Graph Drawing by Force-directed Placement (1991), with a pull to the
middle that keeps parts that no edge joins in one picture.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Ends = npt.NDArray[np.int64]

_ROUNDS = 400
_GRAVITY = 2.5
_STRETCH = 1.7
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def force_layout(points: int, src: Ends, dst: Ends, weight: Points) -> Points:
    """Places in the square [0, 1] x [0, 1], shape (points, 2).

    Args:
        points: how many accounts; account 0 begins in the middle.
        src: edge ends, shape (edges,).
        dst: the other ends.
        weight: how strongly each edge pulls; only proportions count.
    """
    if points < 2:
        return np.full((points, 2), 0.5)
    place = _sunflower(points)
    pull = np.zeros((points, points))
    if len(weight):
        np.add.at(pull, (src, dst), 0.3 + weight / weight.max())
        pull += pull.T
    ideal = 1 / np.sqrt(points)
    for heat in np.linspace(0.12, 0.002, _ROUNDS):
        step = _force(place, pull, ideal)
        length = np.maximum(np.sqrt((step**2).sum(axis=1, keepdims=True)), 1e-9)
        # Rounding keeps the last bits of one processor's arithmetic out of the picture.
        place = np.round(place + step / length * np.minimum(length, heat), 9)
    return _fitted(place)


def spread(place: Points, radius: Points) -> Points:
    """Push circles apart until none covers another, or a bound of rounds is reached.

    Args:
        place: middles, shape (points, 2), in the unit of `radius`.
        radius: shape (points,); the wished-for gap is part of it.
    """
    place = place.copy()
    for _ in range(200):
        between = place[:, None, :] - place[None, :, :]
        distance = np.sqrt((between**2).sum(axis=2)) + np.eye(len(place)) * 1e9
        overlap = np.maximum(radius[:, None] + radius[None, :] - distance, 0)
        if not overlap.any():
            break
        place += np.round((between * (overlap / distance * 0.5)[:, :, None]).sum(axis=1), 9)
    return place


def _sunflower(points: int) -> Points:
    turn = np.arange(points) * _GOLDEN_ANGLE
    away = np.sqrt((np.arange(points) + 0.5) / points) / 2
    return np.stack([np.cos(turn) * away, np.sin(turn) * away], axis=1)


def _force(place: Points, pull: Points, ideal: float) -> Points:
    between = place[:, None, :] - place[None, :, :]
    distance = np.maximum(np.sqrt((between**2).sum(axis=2)), 1e-4)
    outward = ideal**2 / distance**2 - pull * distance / ideal * 0.5
    np.fill_diagonal(outward, 0)
    force: Points = (between * outward[:, :, None]).sum(axis=1) - place * _GRAVITY
    return force


def _fitted(place: Points) -> Points:
    turned = _lying(place - place.mean(axis=0))
    low, high = turned.min(axis=0), turned.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    # A little stretch fills the picture; more would draw a line as a cloud.
    filled = np.minimum(extent / extent.max() * _STRETCH, 1)
    fitted: Points = (turned - (low + high) / 2) / extent * filled + 0.5
    return fitted


def _lying(place: Points) -> Points:
    # The longest way through the picture becomes its width: screens are wider than high.
    across, up = place[:, 0], place[:, 1]
    turn = 0.5 * np.arctan2(2 * (across * up).sum(), (across**2).sum() - (up**2).sum())
    sine, cosine = np.sin(turn), np.cos(turn)
    lying: Points = np.stack([across * cosine + up * sine, up * cosine - across * sine], axis=1)
    return lying
