"""Randomness by purpose: what one part of a world draws does not depend on what others draw."""

from __future__ import annotations

from random import Random


def luck(seed: int, subject: int, purpose: str = "") -> Random:
    """The randomness of one payment (-1: of the world) for one purpose, the same everywhere."""
    return Random(f"{seed}/{subject}/{purpose}")
