"""A wire between a browser and a server that cuts, loses, doubles and holds what passes."""

import random
import re
import socket
import threading
from contextlib import suppress

PIECE = 65_536


class Wire:
    """Passes bytes to a server until it is given a fault, which happens to the sendings of forms that come then.

    cut: the sending or its answer ends at a random byte. lose: it arrives, no answer comes back. double: it arrives twice at
    once. late: the one before arrives once more behind it. hold: its answer comes seconds later. dead: nothing passes.
    """

    FAULTS = ("cut", "lose", "double", "late", "hold", "dead")

    def __init__(self, port: int, seed: int) -> None:
        self._server, self._chance = ("127.0.0.1", port), random.Random(seed)
        self.fault, self.met = "", 0
        self._before = b""  # the last sending of a form
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                browser, _address = self._door.accept()
                threading.Thread(target=self._pass, args=(browser,), daemon=True).start()

    def _pass(self, browser: socket.socket) -> None:
        """Pass requests and answers of a connection, one after the other."""
        with browser, suppress(OSError):
            server = None
            while request := _whole(browser):
                sending = request.startswith(b"POST")
                fault = self.fault if sending or self.fault == "dead" else ""
                self.met += bool(fault)
                if fault == "dead":
                    return
                server = server or socket.create_connection(self._server, 5)
                if fault == "double":
                    threading.Thread(target=self._once_more, args=(request,), daemon=True).start()
                if fault == "cut" and self._chance.random() < 0.5:
                    server.sendall(request[: self._chance.randrange(len(request))])
                    return
                server.sendall(request)
                answer = _whole(server, head=request.startswith(b"HEAD"))
                if fault == "late" and self._before:
                    self._once_more(self._before)
                self._before = request if sending else self._before
                if fault == "hold":
                    threading.Event().wait(self._chance.uniform(1, 12))
                if fault == "lose" or not answer:
                    return
                if fault == "cut":
                    browser.sendall(answer[: self._chance.randrange(len(answer))])
                    return
                browser.sendall(answer)

    def _once_more(self, request: bytes) -> None:
        with suppress(OSError), socket.create_connection(self._server, 5) as server:
            server.sendall(request)
            _whole(server)


def _whole(end: socket.socket, head: bool = False) -> bytes:
    """Return a whole request or answer; nothing where the connection ends before."""
    found = b""
    while b"\r\n\r\n" not in found:
        piece = end.recv(PIECE)
        if not piece:
            return b""
        found += piece
    start, body = found.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", start)
    chunked = re.search(rb"(?i)\r\ntransfer-encoding: *chunked", start)
    none = head or re.match(rb"HTTP/1\.\d (1\d\d|204|304)", start) or start.startswith(b"GET")
    while not none and (len(body) < int(length[1]) if length else chunked and not body.endswith(b"0\r\n\r\n")):
        piece = end.recv(PIECE)
        if not piece:
            return b""
        body += piece
    return start + b"\r\n\r\n" + body
