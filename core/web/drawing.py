"""Draws papers: a process of its own that holds the library and its fonts, and a child of it for each paper.

`drawing BASE` reads papers from its standard input and writes a PDF for each, both with their length before them;
no length means that the paper was beyond its share of memory or time. It ends when nobody writes to it any more.
"""

import os
import resource
import select
import struct
import sys
from tempfile import TemporaryFile
from typing import IO

MEMORY, SECONDS = 1536 * 2**20, 60
IDLE = 900.0  # seconds: then it ends, and its memory is free
LENGTH = struct.Struct("!Q")


def read(file: IO[bytes]) -> bytes:
    """Return what stands in the next frame; nothing at the end of the file."""
    head = file.read(LENGTH.size)
    return file.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""


def write(file: IO[bytes], content: bytes) -> None:
    """Write a frame."""
    file.write(LENGTH.pack(len(content)) + content)
    file.flush()


def draw(html: str, base: str) -> bytes:
    """Return the PDF of a whole HTML document whose links begin at `base`."""
    from weasyprint import HTML  # slow to load and needs Pango: only here

    return bytes(HTML(string=html, base_url=base).write_pdf())


def draw_in_child(html: str, base: str) -> bytes:
    """Return the PDF drawn by a child within limits, or nothing; what the child took is free when it has ended."""
    with TemporaryFile() as drawn:
        child = os.fork()
        if not child:
            _draw_and_end(html, base, drawn)
        _child, ended = os.waitpid(child, 0)
        drawn.seek(0)
        return b"" if ended else drawn.read()


def _draw_and_end(html: str, base: str, drawn: IO[bytes]) -> None:
    ended = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        drawn.write(draw(html, base))
        drawn.flush()
        ended = 0
    finally:
        os._exit(ended)


def main(base: str) -> None:
    """Draw what is asked for, one paper after the other, until there was nothing to draw for a while."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    draw("<p>.", base)  # loads the library
    while select.select([asked], [], [], IDLE)[0] and (html := read(asked)):
        write(answers, draw_in_child(html.decode(), base))


if __name__ == "__main__":
    main(sys.argv[1])
