"""What stands where on a label: the code first, in whole dots of a label printer, then as much text as fits."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from markupsafe import Markup

from core.contract.ports import Label
from core.contract.words import _
from core.data.errors import Refused
from core.labels.fitting import ELLIPSIS, MM, broken, shortened
from core.labels.formats import FORMATS, Format
from core.web.documents import code_svg

DOT = 25.4 / 203  # mm: the coarsest label printers
FEWEST, ENOUGH, MOST = 2, 3, 8  # dots of a module: readers need two, three are read at once, GS1 allows 1 mm
QUIET = {"qr": 4, "datamatrix": 1}  # modules around a code that stay white
GAP = 1.2  # mm between code and text
SIZES = (14, 12, 10, 9, 8, 7, 6)  # points of a line; the title is one larger
EASY = 8  # points that are read without effort: beyond them a larger code is worth more
SMALLEST = 5
LEADING = 1.2
TITLE = 2  # lines at most
TOO_MUCH = _("This code cannot be drawn on a label of any format: it holds too much, or what no code can carry.")


@dataclass(frozen=True)
class Line:
    """A line of text: its place in the label in mm, its size in points."""

    text: str
    left: float
    top: float
    size: float
    bold: bool = False


@dataclass(frozen=True)
class Drawn:
    """A label that is laid out: the code as SVG, its place and side in mm without the quiet zone; lines of text."""

    code: Markup
    left: float
    top: float
    side: float
    lines: Sequence[Line]


@lru_cache(maxsize=256)
def _code(text: str, symbology: str, gs1: bool) -> tuple[Markup, int]:
    """Return a code as SVG, and how many modules it is wide; Refused where there is no such code."""
    try:
        drawn = code_svg(text, symbology, gs1)
    except ValueError:
        raise Refused(TOO_MUCH, field="format") from None
    found = re.search(r'viewBox="0 0 (\d+) ', drawn)
    assert found is not None, "a code has a size"
    return drawn, int(found[1])


def _dots(label: Label, format: Format) -> int:
    """Return how many dots of a label printer a module of the code can have on a format, MOST at most."""
    _svg, modules = _code(label.code, label.symbology, label.gs1)
    wide, high = format.width - 2 * format.inset, format.height - 2 * format.inset
    room = min(high, wide * 0.5) if wide > high else min(wide, high * 0.6)
    return min(MOST, int(room / (modules + 2 * QUIET[label.symbology]) / DOT + 1e-6))


def require_legible(labels: Iterable[Label], format: Format) -> None:
    """Raise Refused where a code would be too fine on a format, with the smallest format that does."""
    labels = list(labels)
    if all(_dots(label, format) >= FEWEST for label in labels):
        return
    others = sorted(FORMATS.values(), key=lambda each: each.width * each.height)
    better = next((each for each in others if all(_dots(label, each) >= FEWEST for label in labels)), None)
    if better is None:
        raise Refused(TOO_MUCH, field="format")
    raise Refused(
        _("On this format the code would be too fine to be read. Take this one: %(format)s.", format=better.name),
        field="format",
    )


def laid_out(label: Label, format: Format) -> Drawn:
    """Return a label with its code, never shortened, and as much of its text as fits beside or below it.

    The code takes the room that the text leaves, and leaves some where the text would be cut or too small to read.
    """
    most = _dots(label, format)
    best: tuple[float, Drawn] | None = None
    for dots in range(most, min(most, ENOUGH) - 1, -1):
        found = _with(label, format, dots)
        if best is None or not best[0] or found[0] > best[0]:  # what is cut all the same gets the most room
            best = found
        if best[0] >= EASY:
            break
    assert best is not None, "the range holds at least one"
    return best[1]


def _with(label: Label, format: Format, dots: int) -> tuple[float, Drawn]:
    """Return how well the text of a label is read beside a code of so many dots a module, and the label."""
    svg, modules = _code(label.code, label.symbology, label.gs1)
    module, quiet, inset = dots * DOT, QUIET[label.symbology], format.inset
    side, whole = module * modules, module * (modules + 2 * quiet)
    wide, high = format.width - 2 * inset, format.height - 2 * inset
    if wide > high:
        room, left, top, above = (wide - whole - GAP, high), inset + whole + GAP, inset, inset + (high - whole) / 2
    else:
        room, left, top, above = (wide, high - whole - GAP), inset, inset + whole + GAP, inset
    size, said = _fitted(label, room)
    lines = list(_placed(said, left, top + max(0.0, (room[1] - _height(said)) / 2)))
    return min(size, EASY), Drawn(svg, inset + module * quiet, above + module * quiet, side, lines)


def _fitted(label: Label, room: tuple[float, float]) -> tuple[float, list[Line]]:
    """Return the size of the largest letters that hold all of a label, 0 where none do, and its lines: in the smallest
    letters those that fit."""
    for size in SIZES:
        said = list(_said(label, room[0], size))
        if _height(said) <= room[1] and not any(map(_is_cut, said)):
            return size, said
    while said and _height(said) > room[1]:
        said.pop()
    return 0, said


def _placed(lines: Iterable[Line], left: float, top: float) -> Iterator[Line]:
    """Yield lines one below the other."""
    for line in lines:
        yield replace(line, left=left, top=top)
        top += _height([line])


def _said(label: Label, room: float, size: int) -> Iterator[Line]:
    """Yield title, lines and small print, each as wide as there is room."""
    for text in broken(str(label.title), room, size + 1, TITLE, bold=True):
        yield Line(text, 0, 0, size + 1, bold=True)
    for said in filter(None, map(str, label.lines)):
        yield Line(shortened(said, room, size), 0, 0, size)
    if label.small:
        small = max(size - 2, SMALLEST)
        yield Line(shortened(str(label.small), room, small), 0, 0, small)


def _is_cut(line: Line) -> bool:
    return not line.text or line.text.endswith(ELLIPSIS)


def _height(lines: Sequence[Line]) -> float:
    return sum(line.size for line in lines) * MM * LEADING


def pages(labels: Sequence[int], format: Format, first: int = 1) -> list[list[tuple[int, int]]]:
    """Return the pages: (number of the place from 0, number of the label); the first page begins at the place `first`,
    counted from 1."""
    found: list[list[tuple[int, int]]] = []
    for number, label in enumerate(labels, first - 1):
        page, place = divmod(number, format.number)
        while len(found) <= page:
            found.append([])
        found[page].append((place, label))
    return found


def rules(format: Format, kinds: Sequence[Drawn], shift: tuple[float, float]) -> str:
    """Return the styles that put everything in its place: pages, labels, shifted for a printer that prints beside, and
    what stands on each kind of label."""
    wide, high = format.size
    page = f"@page {{ size: {wide}mm {high}mm; margin: 0 }} .sheet {{ width: {wide}mm; height: {high}mm }}"
    said = [page, f".label {{ width: {format.width}mm; height: {format.height}mm }}"]
    for number, (left, top) in enumerate(format.places()):
        said.append(f".p{number} {{ {_at(left + shift[0], top + shift[1])} }}")
    for number, each in enumerate(kinds):
        side = f"width: {each.side:.4f}mm; height: {each.side:.4f}mm"
        said.append(f".k{number} .code {{ {_at(each.left, each.top)}; {side} }}")
        for place, line in enumerate(each.lines):
            said.append(f".k{number} .l{place} {{ {_at(line.left, line.top)}; font-size: {line.size}pt }}")
    return "\n".join(said)


def _at(left: float, top: float) -> str:
    return f"left: {left:.3f}mm; top: {top:.3f}mm"
