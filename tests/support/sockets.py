"""Keeps test runs on this machine."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit


def forbid_outside_connections(broker_url: str) -> None:
    """Refuse every Python socket that leaves this machine, except to a broker that was named.

    PostgreSQL's driver connects from C and is not seen here.
    """
    allowed = {"localhost", urlsplit(broker_url).hostname or "localhost"}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _stays_here(str(address[0]), allowed):
            raise OutsideConnection(f"a test tried to reach {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment, method-assign]


class OutsideConnection(RuntimeError):
    """A test reached for the network."""


def _stays_here(host: str, allowed: set[str]) -> bool:
    if host in allowed:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
