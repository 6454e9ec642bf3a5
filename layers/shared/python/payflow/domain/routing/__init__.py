"""Routing: which providers can take a payment, in which order, and why."""
