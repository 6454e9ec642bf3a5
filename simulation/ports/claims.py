"""Which attempts have been sent, in memory."""

from __future__ import annotations


class InMemoryCallClaims:
    """`CallClaims` in a set of payment ids and attempt numbers; nothing is ever dropped."""

    def __init__(self) -> None:
        self.claimed: set[tuple[str, int]] = set()

    def claim(self, payment_id: str, attempt_number: int) -> bool:
        """Whether this invocation may make that attempt's call."""
        attempt = (payment_id, attempt_number)
        if attempt in self.claimed:
            return False
        self.claimed.add(attempt)
        return True
