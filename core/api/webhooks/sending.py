"""One sending: a connection to an address that was looked up, bounded in time, of whose answer the status counts."""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from core.api.webhooks.addresses import Address, Forbidden, resolved

PATIENCE = 10.0  # seconds for all of it


class Unreachable(Exception):
    """Nobody answered, or not in time."""


class _Pinned(HTTPConnection):
    """A connection to the first of some IP addresses that answers, whatever its name leads to by now; the certificate
    is that of the name."""

    def __init__(self, address: Address, ips: Sequence[str]) -> None:
        super().__init__(address.host, address.port, timeout=PATIENCE)
        self.ips, self.tls, self.late = ips, address.tls, False
        self.default_port = 443 if address.tls else 80

    def connect(self) -> None:
        """Connect to the first address that answers: of a name with two kinds the network here may know but one."""
        self.sock = self._reached()
        self.sock.settimeout(PATIENCE)
        if self.tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def _reached(self) -> socket.socket:
        for ip in self.ips[:-1]:
            with suppress(OSError):
                return socket.create_connection((ip, self.port), PATIENCE / len(self.ips))
        return socket.create_connection((self.ips[-1], self.port), PATIENCE / len(self.ips))

    def cut(self) -> None:
        """End it: whoever answers a byte at a time does not hold the others up."""
        self.late = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def post(address: Address, headers: Mapping[str, str], body: bytes) -> int:
    """Return the status of the answer, of which nothing else is read; no redirect is followed. Raises Unreachable."""
    try:
        connection = _Pinned(address, resolved(address))
    except Forbidden as error:
        raise Unreachable(str(error)[:300]) from None
    watch = threading.Timer(PATIENCE, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", address.target, body, dict(headers))
        return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        late = connection.late or isinstance(error, TimeoutError)
        why = f"no answer within {PATIENCE:.0f} s" if late else f"{type(error).__name__}: {error}"
        raise Unreachable(why[:300]) from None
    finally:
        watch.cancel()
        connection.close()
