"""A weak link before a server: every byte comes half a round trip later, and no more of them pass than the link carries."""

import queue
import socket
import threading
import time
from contextlib import suppress


class Link:
    """Passes TCP to a server of this machine; `dead` lets connections in and nothing through."""

    def __init__(self, port: int, kilobits: int = 400, round_trip: float = 2.0) -> None:
        self._port, self.trip, self.dead = port, round_trip, False
        self._pipes = [Pipe(kilobits * 125), Pipe(kilobits * 125)]  # all connections share it, each way
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                for source, target, pipe, hello in (
                    (near, far, self._pipes[0], self.trip),
                    (far, near, self._pipes[1], 0),
                ):
                    threading.Thread(target=self._take, args=(source, target, pipe, hello), daemon=True).start()

    def _take(self, source: socket.socket, target: socket.socket, pipe: "Pipe", hello: float) -> None:
        """Read one way of a connection; its first bytes come a round trip later, as after a handshake."""
        held: queue.Queue[tuple[float, bytes]] = queue.Queue()
        threading.Thread(target=self._give, args=(held, target, pipe), daemon=True).start()
        opened, piece = time.monotonic() + hello, b"x"
        while piece:
            piece = b""
            with suppress(OSError):
                piece = source.recv(1460)
            held.put((max(opened, time.monotonic()) + self.trip / 2, piece))

    def _give(self, held: "queue.Queue[tuple[float, bytes]]", target: socket.socket, pipe: "Pipe") -> None:
        with target, suppress(OSError):
            while True:
                due, piece = held.get()
                pipe.wait(due, len(piece))
                if not piece:
                    return
                if not self.dead:
                    target.sendall(piece)


class Pipe:
    """One way of a link, which carries so many bytes a second."""

    def __init__(self, rate: float) -> None:
        self._rate, self._free, self._turn = rate, 0.0, threading.Lock()

    def wait(self, due: float, size: int) -> None:
        """Wait until some bytes that are due at a moment have passed."""
        with self._turn:
            self._free = max(self._free, due) + size / self._rate
            until = self._free
        time.sleep(max(0.0, until - time.monotonic()))
