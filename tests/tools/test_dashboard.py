"""The dashboard at the origin: its page, its files, and what stays the landing page's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import ClientSession
from yarl import URL

from tools.embedded.dashboard import NO_DEMO_KEY
from tools.embedded.ports import HOST
from tools.embedded.proxy import Upstream, serve_proxy

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
NO_UPSTREAM = Upstream(url="http://127.0.0.1:9", host="nobody")


def a_built_dashboard(folder: Path) -> Path:
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(f"<title>PayFlow</title>{NO_DEMO_KEY}")
    (folder / "assets" / "index-1.js").write_text("export {};")
    (folder / ".sources").write_text("a digest")
    return folder


def at_the_origin(check: Callable[[ClientSession, str], Awaitable[None]], built: Path) -> None:
    async def run() -> None:
        serving = serve_proxy(NO_UPSTREAM, HOST, 0, demo_key='sk_test_"1', built=built)
        async with serving as port, ClientSession() as client:
            await check(client, f"http://{HOST}:{port}")

    asyncio.run(run())


def test_a_browser_is_led_from_the_root_to_the_dashboard(tmp_path: Path) -> None:
    async def check(client: ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/", headers=BROWSER, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/dashboard/")

    at_the_origin(check, a_built_dashboard(tmp_path))


def test_the_landing_page_stays_for_programs_and_for_who_asks_for_it(tmp_path: Path) -> None:
    async def check(client: ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/") as answer:
            assert "A first payment" in await answer.text()
        async with client.get(f"{origin}/?start", headers=BROWSER) as answer:
            assert "A first payment" in await answer.text()

    at_the_origin(check, a_built_dashboard(tmp_path))


def test_every_page_is_the_same_file_with_the_demo_key_escaped(tmp_path: Path) -> None:
    async def check(client: ClientSession, origin: str) -> None:
        for path in ("/dashboard", "/dashboard/", "/dashboard/payments/pay_1"):
            async with client.get(origin + path) as answer:
                assert answer.status == 200
                assert 'content="sk_test_&quot;1"' in await answer.text()
                assert answer.headers["Cache-Control"] == "no-store"
                assert "script-src 'self'" in answer.headers["Content-Security-Policy"]

    at_the_origin(check, a_built_dashboard(tmp_path))


def test_a_file_is_kept_by_the_browser_and_a_missing_one_is_a_404(tmp_path: Path) -> None:
    async def check(client: ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/dashboard/assets/index-1.js") as answer:
            assert answer.status == 200
            assert "javascript" in answer.headers["Content-Type"]
            assert "immutable" in answer.headers["Cache-Control"]
        async with client.get(f"{origin}/dashboard/assets/index-2.js") as answer:
            assert answer.status == 404

    at_the_origin(check, a_built_dashboard(tmp_path))


def test_no_file_but_the_built_ones_can_be_named(tmp_path: Path) -> None:
    async def check(client: ClientSession, origin: str) -> None:
        for path in (".sources", "%2e%2e%2f%2e%2e%2fetc%2fpasswd"):
            async with client.get(URL(f"{origin}/dashboard/{path}", encoded=True)) as answer:
                assert "<title>PayFlow</title>" in await answer.text()

    at_the_origin(check, a_built_dashboard(tmp_path))


def test_what_was_not_built_is_not_there(tmp_path: Path) -> None:
    async def check(client: ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/", headers=BROWSER, allow_redirects=False) as answer:
            assert answer.status == 200
        async with client.get(f"{origin}/dashboard/") as answer:
            assert answer.status == 404

    at_the_origin(check, tmp_path)
