"""The dashboard: built by Vite when its sources have changed, and served below `/dashboard/`.

Where its packages are not installed there is none, and the origin has its landing page alone.
"""

from __future__ import annotations

import hashlib
import html
import mimetypes
import subprocess
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from tools.deployment.cdk import NODE
from tools.embedded.refusal import no_such_path
from tools.errors import ToolError
from tools.paths import DASHBOARD, DASHBOARD_BUILT, REPOSITORY

PREFIX = "/dashboard/"
BUILD_TIMEOUT_S = 120
BUILD_STEPS = (
    ("openapi-typescript/bin/cli.js", "../docs/openapi.json", "--output", "src/api/schema.gen.ts"),
    ("vite/bin/vite.js", "build", "--emptyOutDir", "--logLevel", "warn"),
)
GENERATED = "schema.gen.ts"
NO_DEMO_KEY = '<meta name="payflow-demo-key" content="">'
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Vite puts a hash of the content into the names of what lies there.
ASSETS = "assets"
FOREVER = "public, max-age=31536000, immutable"


def build_dashboard() -> None:
    """Build the dashboard, unless the build at hand was made from the same sources.

    Raises:
        ToolError: its sources cannot be built.
    """
    modules = DASHBOARD / "node_modules"
    if not modules.is_dir():
        return
    mark = DASHBOARD_BUILT / ".sources"
    sources = _digest()
    if mark.is_file() and mark.read_text() == sources:
        return
    for script, *arguments in BUILD_STEPS:
        command = [str(NODE), str(modules / script), *arguments]
        try:
            step = subprocess.run(
                command, cwd=DASHBOARD, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            raise ToolError("the dashboard was not built in time") from None
        if step.returncode != 0:
            raise ToolError("the dashboard cannot be built", hint=step.stderr.strip()[-2000:])
    mark.write_text(sources)


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield REPOSITORY / "docs" / "openapi.json"
    yield from (path for path in DASHBOARD.glob("*.*") if path.is_file())
    for path in (DASHBOARD / "src").rglob("*"):
        if path.is_file() and path.name != GENERATED:
            yield path


class Dashboard:
    """The built files, read when the origin starts, so that no request can name another file."""

    def __init__(self, built: Path, demo_key: str) -> None:
        self._files = {
            path.relative_to(built).as_posix(): path.read_bytes()
            for path in built.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
        with_key = NO_DEMO_KEY.replace('""', f'"{html.escape(demo_key)}"')
        page = self._files.pop("index.html", b"").decode()
        self._page = page.replace(NO_DEMO_KEY, with_key)

    @property
    def is_there(self) -> bool:
        """Whether it was built at all."""
        return self._page != ""

    def serves(self, path: str) -> bool:
        """Whether `path` is the dashboard's to answer."""
        return self.is_there and (path.startswith(PREFIX) or path == PREFIX.rstrip("/"))

    def answer(self, path: str) -> web.Response:
        """A file, or for every other path the page, which reads the path itself.

        Raises:
            Refusal: a file that does not exist.
        """
        name = path.removeprefix(PREFIX)
        content = self._files.get(name)
        if content is None:
            if name.startswith(f"{ASSETS}/"):
                raise no_such_path()
            headers = {**HEADERS, "Cache-Control": "no-store"}
            return web.Response(text=self._page, content_type="text/html", headers=headers)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {**HEADERS, "Cache-Control": FOREVER, "Content-Type": kind}
        response = web.Response(body=content, headers=headers)
        response.enable_compression()
        return response
