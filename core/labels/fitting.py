"""Text that fits: measured by the widths of the font's letters, broken into lines, shortened with an ellipsis."""

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from core.web import assets

MM = 25.4 / 72  # of a point
WIDEST = 1.2  # ems of a letter that the font does not have: another one stands in for it
SPARE = 1.01  # what rounding of the drawer may add
ELLIPSIS = "…"
READER = Path(__file__).with_name("widths.py")


@lru_cache(maxsize=2)
def _letters(hashed: str) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-I", str(READER), str(assets.DIST / hashed)]
    found: dict[str, dict[str, float]] = json.loads(subprocess.check_output(command))  # noqa: S603 (our own file)
    return found


def width(text: str, size: float, bold: bool = False) -> float:
    """Return the width in mm of a text of `size` points."""
    letters = _letters(assets.manifest()["public-sans.woff2"])["700" if bold else "400"]
    return sum(letters.get(letter, WIDEST) for letter in text) * size * MM * SPARE


def shortened(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return the text, or as much of it as fits into `room` mm with an ellipsis; "" where not even that does."""
    if width(text, size, bold) <= room:
        return text
    left, cut = room - width(ELLIPSIS, size, bold), ""
    for letter in text:
        left -= width(letter, size, bold)
        if left < 0:
            break
        cut += letter
    return cut.rstrip() + ELLIPSIS if cut.strip() else ""


def broken(text: str, room: float, size: float, lines: int, bold: bool = False) -> list[str]:
    """Return the text in at most so many lines of `room` mm; the last one is shortened where it holds too much."""
    words, found = text.split(), list[str]()
    while words and len(found) < lines - 1:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold) <= room:
            taken += 1
        found.append(shortened(" ".join(words[:taken]), room, size, bold))
        words = words[taken:]
    return [*found, shortened(" ".join(words), room, size, bold)] if words else found
