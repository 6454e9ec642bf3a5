"""Envelope encryption: AES-256-GCM under data keys that a KMS key wraps.

Each secret is stored next to its wrapped data key, so any process that may use the KMS key can open
it. Plain data keys live in memory only, few of them and for minutes; the bounds follow the advice
for data key caching of the AWS Encryption SDK.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.errors import PayFlowError
from payflow.domain.ports import Clock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from types_boto3_kms import KMSClient

KEY_AGE_MAX: Final = timedelta(minutes=5)
"""How long a plain data key is used; so long a disabled KMS key goes on working."""

SEALED_PER_KEY_MAX: Final = 10_000
"""Far below the 2^32 random nonces that NIST SP 800-38D allows one GCM key."""

OPEN_KEYS_MAX: Final = 64
"""How many plain data keys are held; each process that seals makes a new one in `KEY_AGE_MAX`."""

_NONCE_BYTES: Final = 12
_TAMPERED: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class Undecipherable(PayFlowError):
    """A stored secret is not what was sealed, or was moved from where it belongs."""

    def __init__(self) -> None:
        super().__init__("secret_undecipherable", "a stored secret cannot be opened")


class Sealed(NamedTuple):
    """A secret that only the holder of the KMS key can open: all of it may be stored."""

    content: bytes
    wrapped_key: bytes


@dataclass(slots=True, repr=False)
class _DataKey:
    """A plain data key in memory; it never shows itself."""

    cipher: AESGCM
    wrapped: bytes
    obtained_at: datetime
    sealed: int = 0


class Envelope:
    """Seals and opens small secrets of one `purpose` (the KMS context) under one KMS key.

    Safe among threads. Raises `Unavailable` while KMS does not answer.
    """

    def __init__(
        self,
        kms: Callable[[], KMSClient],
        key_id: Callable[[], str],
        *,
        purpose: str,
        clock: Clock,
    ) -> None:
        """Neither `kms` nor `key_id` is asked before the first secret."""
        self._kms = kms
        self._key_id = key_id
        self._context = {"purpose": purpose}
        self._clock = clock
        self._lock = threading.Lock()
        self._sealing: _DataKey | None = None
        self._known: OrderedDict[bytes, _DataKey] = OrderedDict()

    def seal(self, secret: bytes, *, bound_to: str) -> Sealed:
        """`secret` encrypted; it opens only with the same `bound_to`."""
        with self._lock:
            key = self._key_to_seal()
        nonce = os.urandom(_NONCE_BYTES)
        content = nonce + key.cipher.encrypt(nonce, secret, bound_to.encode())
        return Sealed(content, key.wrapped)

    def open(self, sealed: Sealed, *, bound_to: str) -> bytes:
        """The secret; raises `Undecipherable` if anything about it was changed."""
        from cryptography.exceptions import InvalidTag

        with self._lock:
            key = self._key_to_open(sealed.wrapped_key)
        nonce, content = sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:]
        try:
            return key.cipher.decrypt(nonce, content, bound_to.encode())
        except (InvalidTag, ValueError):
            raise Undecipherable from None

    def new_data_key(self) -> tuple[bytes, bytes]:
        """A fresh data key of 32 bytes, plain and wrapped."""
        with unavailable_on_failure("key service"):
            answer = self._kms().generate_data_key(
                KeyId=self._key_id(), KeySpec="AES_256", EncryptionContext=self._context
            )
        return answer["Plaintext"], answer["CiphertextBlob"]

    def unwrapped(self, wrapped_key: bytes) -> bytes:
        """The plain data key; raises `Undecipherable` if it was wrapped for something else."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure("key service"):
                answer = self._kms().decrypt(
                    KeyId=self._key_id(),
                    CiphertextBlob=wrapped_key,
                    EncryptionContext=self._context,
                )
        except ClientError as error:
            if error_code(error) in _TAMPERED:
                raise Undecipherable from None
            raise
        return answer["Plaintext"]

    def _key_to_seal(self) -> _DataKey:
        key = self._sealing
        if key is None or not self._is_fresh(key) or key.sealed >= SEALED_PER_KEY_MAX:
            key = self._sealing = self._remembered(*self.new_data_key())
        key.sealed += 1
        return key

    def _key_to_open(self, wrapped: bytes) -> _DataKey:
        key = self._known.get(wrapped)
        if key is None or not self._is_fresh(key):
            return self._remembered(self.unwrapped(wrapped), wrapped)
        self._known.move_to_end(wrapped)
        return key

    def _is_fresh(self, key: _DataKey) -> bool:
        return self._clock.now() - key.obtained_at < KEY_AGE_MAX

    def _remembered(self, plain: bytes, wrapped: bytes) -> _DataKey:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = _DataKey(AESGCM(plain), wrapped, self._clock.now())
        self._known[wrapped] = key
        self._known.move_to_end(wrapped)
        while len(self._known) > OPEN_KEYS_MAX:
            self._known.popitem(last=False)
        return key


def load_ciphers() -> None:
    """Load the library now that the first secret would load."""
    import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401
