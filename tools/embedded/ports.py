"""Ports of this machine."""

from __future__ import annotations

import socket

from tools.errors import ToolError

HOST = "127.0.0.1"


def choose_port(wanted: int, *, option: str) -> int:
    """`wanted` if it is free, or any free port for 0; `option` names the port to a person.

    Raises:
        ToolError: another program listens there.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            raise ToolError(
                f"port {wanted} is taken by another program",
                hint=f"choose another with {option}, or let {option} 0 find a free one",
            ) from None
        port: int = probe.getsockname()[1]
        return port
