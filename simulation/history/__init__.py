"""Days of a gateway's past: shops with their own habits, lived through in virtual time."""
