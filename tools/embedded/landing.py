"""The page at the origin's root: what answers here, and a first request to copy."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

PAGE = Path(__file__).with_name("landing.html")


def landing_page(demo_key: str) -> str:
    """The page, with the demo merchant's key in its example."""
    return Template(PAGE.read_text()).substitute(demo_key=html.escape(demo_key or "sk_test_…"))
