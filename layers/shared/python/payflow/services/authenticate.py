"""Find out who is calling by the `Authorization` header."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.ids import secret_hash
from payflow.domain.merchant import Caller, Principal
from payflow.domain.ports import Clock, MerchantRepository

KNOWN_FOR: Final = timedelta(seconds=2)
"""How long a key that was found is taken to be valid still: a revoked one stops within 5 s."""

KNOWN_MAX: Final = 1_000

_BEARER: Final = re.compile(r"bearer ([A-Za-z0-9_]{8,128})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Looks keys up by their hash; remembers for a moment those that are valid, and no others."""

    merchants: MerchantRepository
    clock: Clock
    _known: dict[str, tuple[Caller, datetime]] = field(default_factory=dict, repr=False)

    def __call__(self, authorization: str | None) -> Caller | None:
        """The caller behind `Bearer <key>`; None for no key, a malformed, unknown or revoked one.

        Raises `Unavailable` when keys cannot be looked up.
        """
        sent = _BEARER.fullmatch(authorization or "")
        if sent is None:
            return None
        key_hash, now = secret_hash(sent[1]), self.clock.now()
        caller, until = self._known.get(key_hash, (None, now))
        if until > now:
            return caller
        return self._looked_up(key_hash, now)

    def _looked_up(self, key_hash: str, now: datetime) -> Caller | None:
        self._known.pop(key_hash, None)
        key = self.merchants.find_key(key_hash)
        if key is None or key.revoked_at is not None:
            return None
        merchant_id = None if key.principal is Principal.OPERATOR else key.owner
        caller = Caller(key.principal, key.id, merchant_id)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[key_hash] = (caller, now + KNOWN_FOR)
        return caller
