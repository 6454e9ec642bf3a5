"""The rules of payments, pure: no I/O, no clock, no randomness but what is passed in."""
