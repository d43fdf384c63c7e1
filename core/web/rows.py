"""The rows of a list as HTML: what is the same in every row is made once, and each cell by a function of its column.

A template asks for each word, mark and address in every cell; fifty rows of a list cost ten times as much so.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import LazyString
from markupsafe import Markup

from core.contract.words import _
from core.web.columns import Column, Row
from core.web.texts import badge, shown

if TYPE_CHECKING:
    from core.web.tables import Table

PLAIN = ("text", "code")  # kinds whose text is shown as it is
WIDE = 4  # columns before those that a narrow page may leave out


def drawn(table: "Table", columns: Sequence[Column], rows: Iterable[Row], picks: bool = False) -> Markup:
    """Return the rows of a table, each with its cells and, where rows can be chosen, its box."""
    cells = [_cell(table, column, place) for place, column in enumerate(columns)]
    select = shown(_("Select"))
    lines = []
    for row in rows:
        kind = table.row_class(row.given)
        lines.append(f'<tr class="{shown(kind)}">' if kind else "<tr>")
        if picks:
            lines.append(
                f'<td class="pick-cell"><label><input type="checkbox" class="pick" name="ids" value="{row.obj.id}" '
                f'form="bulk"><span class="visually-hidden">{select} {shown(table.label_of(row))}</span></label></td>'
            )
        lines += [cell(row) for cell in cells]
        lines.append("</tr>\n")
    return Markup("".join(lines))  # noqa: S704 (each part is escaped)


def _cell(table: "Table", column: Column, place: int) -> Callable[[Row], str]:
    """Return the function that draws a column's cell of a row; the first one names the row."""
    words, value, link = column.words(), column.reader(table.model), table.linker(column, place == 0)
    plain, narrow, close = _opened(column, place)
    said_of = {code: _settled(said) for code, said in words.items()}

    bare = not (said_of or link or column.detail) and column.kind in PLAIN

    def cell(row: Row) -> str:
        found = value(row)
        if bare and found.__class__ is str:  # half of all cells
            return f"{narrow}{shown(found)}{close}"
        said = column.said(found, said_of)
        tone = getattr(said, "tone", None)
        body = _linked(link(row), said) if link else ""
        if not body:
            body = shown(said) if tone is None else badge(said.label, tone, said.shape)
        more = column.detail(row.given) if column.detail else None
        below = f"<br><small>{shown(more)}</small>" if more else ""
        return f"{narrow if tone is None else plain}{body}{below}{close}"

    return cell


def _settled(said: Any) -> Any:
    """Return the words of a code translated once: they are the same in every row."""
    return str(said) if isinstance(said, LazyString) else said


def _opened(column: Column, place: int) -> tuple[str, str, str]:
    """Return how a cell of a column begins, how one that holds no state does, and how both end."""
    style = column.style
    if place == 0:
        head = f'<th scope="row" class="{style}">'
        return head, head, "</th>"
    label = f'data-label="{shown(column.label)}"'
    narrow = f"{style} more" if place >= WIDE else style
    return f'<td class="{style}" {label}>', f'<td class="{narrow}" {label}>', "</td>"


def _linked(url: str | None, said: Any) -> str:
    return f'<a href="{shown(url)}">{shown(getattr(said, "label", said) or "–")}</a>' if url else ""
