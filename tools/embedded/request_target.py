"""What a request asks for: only the API's own paths go on to the emulator.

The emulator answers for itself, too, on any host: its health, its state, its reset. So a target
passes only if it cannot be read as anything but a path of the API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from tools.embedded.refusal import malformed, no_such_path

# RFC 9112, section 3.2: visible ASCII; a fragment is the client's own affair.
_TARGET = re.compile(r"[!-\"$-~]+")
# The absolute form, which every server has to understand (RFC 9112, section 3.2.2).
_AUTHORITY = re.compile(r"https?://[^/?]*", re.IGNORECASE)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True)
class RequestTarget:
    """Path and query as they were written (`raw`), and the decoded `path`."""

    raw: str
    path: str

    @classmethod
    def parse(cls, text: str) -> RequestTarget:
        """The target in a request line, in origin or absolute form.

        Raises:
            Refusal: it is malformed.
        """
        if not _TARGET.fullmatch(text):
            raise malformed("The request target has characters that must be percent-encoded.")
        raw = text
        if authority := _AUTHORITY.match(text):
            rest = text[authority.end() :]
            raw = rest if rest.startswith("/") else f"/{rest}"
        encoded = raw.partition("?")[0]
        if _BROKEN_ESCAPE.search(encoded):
            raise malformed("The path is percent-encoded wrongly.")
        try:
            return cls(raw, unquote_to_bytes(encoded).decode())
        except UnicodeDecodeError:
            raise malformed("The path is not UTF-8.") from None

    def must_be_the_apis(self) -> None:
        """Check that nothing but the API answers there.

        Raises:
            Refusal: it is another path, or might be read as one.
        """
        first, *rest = _SEPARATOR.split(self.path.removeprefix("/"))
        below = first in {"api", "internal", "approve"} and bool(rest)
        # An empty last segment is a trailing slash, which leads nowhere else.
        ambiguous = "" in rest[:-1] or not {".", ".."}.isdisjoint(rest)
        if self.path != "/docs" and (ambiguous or not below):
            raise no_such_path()
