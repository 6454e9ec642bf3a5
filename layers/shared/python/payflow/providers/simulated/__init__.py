"""Simulated acquirers: the far side of the wire, with their own books."""
