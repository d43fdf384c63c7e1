"""Programs of ours that open what strangers sent: each in a bare process of its own, with limits of memory and time.

Such a program is a package with a module `worker` that imports nothing of Amagara: it starts in a blink, can be
killed, and what it says goes to the page as message ids.
"""

import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from core.contract.ports import Words
from core.contract.words import _

RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from {}.worker import main; main(*sys.argv[1:])"
PATIENCE = 90  # seconds, when the machine is busy; the process itself has fewer of its own
FULL = 75  # the program's way to say that the disk took no more
TURNS = BoundedSemaphore(2)  # files that are taken apart at the same time


class Fell(Exception):
    """The program ended without an answer: it was too `slow`, `beyond` its share, the disk was `full`, or it broke."""

    def __init__(self, *, slow: bool = False, beyond: bool = False, full: bool = False) -> None:
        super().__init__(slow, beyond, full)
        self.slow, self.beyond, self.full = slow, beyond, full


def run(package: Path, *words: str) -> bytes:
    """Return what the program of a package printed; Fell says how it ended instead."""
    command = [sys.executable, "-I", "-c", RUN.format(package.name), str(package.parent), *words]
    with TURNS:
        try:
            done = subprocess.run(  # noqa: S603 (our own program; names are arguments, not code)
                command, timeout=PATIENCE, check=True, capture_output=True
            )
        except subprocess.TimeoutExpired as error:
            raise Fell(slow=True) from error
        except subprocess.CalledProcessError as error:
            beyond = error.returncode < 0 or b"MemoryError" in error.stderr
            raise Fell(beyond=beyond, full=error.returncode == FULL) from error
    return done.stdout


def said(told: dict[str, Any]) -> Words:
    """Return a message of such a program in the words of the page."""
    values = {name: said(value) if isinstance(value, dict) else value for name, value in told["values"].items()}
    message = told["message"]
    return _(message, **values)
