"""Which port an instance listens on."""

from __future__ import annotations

import socket

import pytest

from tools.embedded.ports import choose_port
from tools.errors import ToolError


def test_a_taken_port_is_an_error_that_names_the_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]

        with pytest.raises(ToolError, match=f"port {taken} is taken") as caught:
            choose_port(taken, option="--aws-port")

    assert caught.value.hint is not None
    assert "--aws-port" in caught.value.hint


def test_port_zero_finds_a_free_one() -> None:
    port = choose_port(0, option="--port")

    with socket.create_server(("127.0.0.1", port)):
        assert port > 0
