"""The embedded server: limits that no stranger passes, and an end that lets requests in flight finish."""

import _thread
import contextlib
import ctypes
import errno
import gc
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.wasyncore import dispatcher

THREADS = 32  # the door lets 24 of them write at a time (core.data.work.PLACES): the others serve readers
READERS = 2  # pages computed at a time: more are not quicker, and each takes up to tens of megabytes while it is made
LIMITS = {
    "threads": THREADS,
    "connection_limit": 800,  # half-open ones cost no thread
    "channel_timeout": 30,  # seconds without a byte
    "cleanup_interval": 5,
    "max_request_header_size": 64 * 1024,
    "asyncore_use_poll": True,
    "ident": None,
}
LAST = 25.0  # seconds that requests in flight are given at the end
# How glibc hands out memory (names of mallopt): one place for all threads, large pieces from the system and back to it.
# Left alone it gives each thread a place of its own, and after the first large piece was freed (a check of a password
# takes tens of megabytes) it keeps all that are smaller.
MEMORY = {"M_ARENA_MAX": (-8, 1), "M_MMAP_THRESHOLD": (-3, 256 * 1024), "M_TRIM_THRESHOLD": (-1, 256 * 1024)}
ONCE = re.compile(rb"^(host|content-length|transfer-encoding)[ \t]*:", re.I | re.M)


class Strict(HTTPRequestParser):
    """A request that two servers could read differently is refused: one would guard what the other does not see."""

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse a missing or second host, a length that is said twice, and a line that goes on in the next."""
        said = [name.lower() for name in ONCE.findall(header_plus.partition(b"\r\n")[2])]
        if (
            b"\n " in header_plus
            or b"\n\t" in header_plus
            or len(said) != len(set(said))
            or {b"content-length", b"transfer-encoding"} <= set(said)
        ):
            raise ParsingError("Headers that may be read in two ways")
        super().parse_header(header_plus)
        if self.version == "1.1" and not self.headers.get("HOST"):
            raise ParsingError("Host is missing")


def is_taken(host: str, port: int) -> bool:
    """Return whether another program listens there."""
    family, kind, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: closed lines may linger
        try:
            probe.bind(address)
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def serve(app: Flask, host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` is called once people can come."""
    hold_memory()
    app.wsgi_app = few_at_once(app.wsgi_app)  # type: ignore[method-assign]
    HTTPChannel.parser_class = Strict
    behind = bool(app.config["PROXIES"])  # waitress drops forwarded headers that nobody is to believe
    largest = 2 * app.config["MAX_CONTENT_LENGTH"]  # between the two the application refuses in words
    server: Any = create_server(
        app, host=host, port=port, clear_untrusted_proxy_headers=not behind, max_request_body_size=largest, **LIMITS
    )
    signal.signal(signal.SIGTERM, lambda _signal, _frame: _end(server))
    ready()
    server.run()


def hold_memory() -> None:
    """Let this process give back what it no longer uses; nothing happens where the C library is another one."""
    with contextlib.suppress(OSError, AttributeError):
        for number, value in MEMORY.values():
            ctypes.CDLL(None).mallopt(number, value)
    gc.collect()
    gc.freeze()  # what is loaded stays: collections look at pages' leftovers only, and therefore come in time


def few_at_once(inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return an application that computes few pages at a time; who writes is not held up, the door counts him.

    `amagara.place` is what a page gives back while it waits for another process (core.web.documents).
    """
    places = threading.BoundedSemaphore(READERS)

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return inner(environ, start)
        with places:
            environ["amagara.place"] = places
            return inner(environ, start)

    return answer


def _end(server: Any) -> None:
    """Take no more requests, and stop when those in flight are answered; a second SIGTERM stops at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # how it stops: who began it behind a script ignores it
    sockets = server.map if hasattr(server, "map") else server._map
    for listening in [each for each in sockets.values() if getattr(each, "accepting", False)]:
        dispatcher.close(listening)  # not its own: that takes away the bell by which answers are sent, too
    threading.Thread(target=_stop_when_idle, args=(sockets,), daemon=True).start()


def _stop_when_idle(sockets: Any) -> None:
    end, busy = time.monotonic() + LAST, True
    while busy and time.monotonic() < end:
        channels = [each for each in list(sockets.values()) if isinstance(each, HTTPChannel)]
        busy = any(_at_work(each) for each in channels)
        for idle in channels:
            idle.will_close = idle.will_close or not _at_work(idle)  # an open page would keep its line for ever
        time.sleep(0.05)
    _thread.interrupt_main()


def _at_work(channel: HTTPChannel) -> bool:
    return bool(channel.requests or channel.total_outbufs_len)
