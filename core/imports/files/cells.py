"""What the readers share: limits, marked cells, and the way from lines of cells to a table."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .shapes import Unclear, tidied

Line = tuple[int, list[str]]
COLUMNS, WIDEST, LINES, HEADING_WITHIN, EMPTY = 200, 2_000, 2_000_000, 100, 100_000
KEPT, CELL = 32_767, 4_000_000  # characters of a cell that are kept, and that are read
BLANKS = " \t\u00a0\u202f\r\n"


def _(message: str, **values: Any) -> dict[str, Any]:
    """Return a message as it goes to the web: its id and what stands in it."""
    return {"message": message, "values": values}


class Unfit(Exception):
    """The file cannot be taken, and why."""

    def __init__(self, why: dict[str, Any]) -> None:
        super().__init__(why["message"])
        self.why = why


class Marked(str):
    """A cell of which more must be known than its text: `why` is formula, date, digits, letters, long or shape (an
    outline that cannot be read); number in a list of objects; decimals of a sheet, or shown when it shows a whole
    number otherwise."""

    why: str

    def __new__(cls, text: str, why: str) -> "Marked":
        """Return the text with its mark."""
        made = super().__new__(cls, text)
        made.why = why
        return made


def damaged() -> Unfit:
    """Return what is said of a file that breaks its own rules."""
    return Unfit(_("The file cannot be read: it is damaged, or not what its name says."))


def too_long() -> Unfit:
    """Return what is said of a file without end."""
    return Unfit(_("The file has more than %(most)s lines.", most=LINES))


def trimmed(cell: str) -> str:
    """Return a cell without blanks around it, cut when it is longer than any field."""
    if isinstance(cell, Marked):
        return cell
    cell = clear(tidied, cell.strip(BLANKS))
    return cell if len(cell) <= KEPT else Marked(f"{len(cell)}", "long")


def clear(read: Callable[[Any], Any], given: Any) -> Any:
    """Return what `read` makes of an outline; one that is unclear is marked with the reason."""
    try:
        return read(given)
    except Unclear as why:
        return Marked(str(why), "shape")


def filled(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines that hold anything; too many empty ones in a row are refused."""
    empty = 0
    for line, cells in lines:
        if len(cells) > WIDEST:
            raise Unfit(_("Line %(line)s has more than %(most)s cells.", line=line, most=WIDEST))
        found = [trimmed(cell) for cell in cells]
        while found and not found[-1]:
            found.pop()
        empty = 0 if found else empty + 1
        if found:
            yield line, found
        elif empty > EMPTY:
            first = line - empty + 1
            raise Unfit(
                _(
                    "From line %(line)s on, more than %(most)s lines are empty. Delete them, and save the list again.",
                    line=first, most=EMPTY,
                )
            )  # fmt: skip


def table(lines: Iterator[Line], name: Callable[[int], str]) -> tuple[list[str], Iterator[Line]]:
    """Return the headings, which the first filled line holds, and the lines below; `name` names a bare column."""
    found = filled(lines)
    line, head = next(found, (0, []))
    if not head or line > HEADING_WITHIN:
        raise Unfit(_("The file is empty.") if not head else _("The headings must stand in the first lines."))
    if len(head) > COLUMNS:
        raise Unfit(_("The file has more than %(most)s columns.", most=COLUMNS))
    return headings(head, name), below(found, len(head))


def headings(head: Sequence[str], name: Callable[[int], str]) -> list[str]:
    """Return the names of the columns; an empty one is named by its letter, a name given twice is refused."""
    spoilt = next((cell for cell in head if isinstance(cell, Marked) and cell.why in ("letters", "long")), None)
    if spoilt is not None or any(ord(letter) < 32 for cell in head for letter in cell):
        raise Unfit(_("The letters of this file cannot be read. Save it again as “CSV UTF-8”."))
    names = [str(cell)[:120] or f"({name(number)})" for number, cell in enumerate(head, 1)]
    twice = next((each for number, each in enumerate(names) if each in names[:number]), None)
    if twice:
        raise Unfit(_("Two columns are called “%(name)s”. Give each its own heading.", name=twice))
    return names


def below(lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Yield the lines under the headings: one cell more than there are headings says that there are too many."""
    number = 0
    for number, (line, cells) in enumerate(lines, 1):
        if number > LINES:
            raise too_long()
        yield line, cells[:width] + [str(each) for each in cells[width:] if each][:1]
    if not number:
        raise Unfit(_("Under the headings, the file holds no line."))
