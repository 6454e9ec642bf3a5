"""An API to point the command line at, and the command line itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools import cli
from tools.endpoints import DemoMerchant, Endpoints

Json = dict[str, Any]


@dataclass
class FakeApi:
    """Answers by `answers[(method, path)]` = (status, document); remembers what it was asked."""

    url: str = ""
    answers: dict[tuple[str, str], tuple[int, Json]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], Json | None]] = field(default_factory=list)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            fake.requests.append((self.command, self.path, dict(self.headers), body))
            status, document = fake.answers.get((self.command, self.path), (404, {}))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = _answer
        do_POST = _answer

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        yield fake
        server.shutdown()
        thread.join()


@pytest.fixture
def deployed(tmp_path: Path, api: FakeApi) -> Path:
    """The folder of a deployment that the fake API stands for."""
    Endpoints(
        target="aws",
        api_url=api.url,
        dashboard_url=api.url,
        operator_key="ok_1",
        demo_merchant=DemoMerchant(id="mer_1", api_key="sk_test_1"),
        aws_endpoint_url=None,
    ).write(tmp_path)
    return tmp_path


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


RunPayflow = Callable[..., Outcome]


@pytest.fixture
def payflow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunPayflow:
    """Run the command line in this process."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr("sys.argv", ["payflow", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Outcome(code=int(ended.value.code or 0), out=said.out, err=said.err)

    return run
