"""Payments from a terminal."""
