"""RFC 3339 in UTC with milliseconds, the one text form of a time in PayFlow."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """`2026-11-23T16:51:00.123Z`; sorts as text in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The aware UTC time that `text` names; raises `ValueError` for anything without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, such as a final Z")
    return moment.astimezone(UTC)
