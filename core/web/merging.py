"""Two people on one form: what another wrote meanwhile is kept, and a clash is shown with both values.

A form made for a stored row (`Form(row=…)`) carries a mark of each value it showed. When it comes back, three
values meet for each field: what was shown, what is stored by now, and what was typed. A field that only one of
the two changed keeps that change; one that both changed is a clash, which the person decides.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import request
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, utcnow
from core.data.errors import Conflict
from core.data.trail import AuditEntry
from core.web import versions
from core.web.fields import is_hidden
from core.web.lookup import words_of

LATELY = timedelta(days=2)  # longer than a session, so than the page of whoever is told
Trace = tuple[str, int, str]  # when, the place in its chain, what the entry says
SHORT = 10  # a text of this length stands for itself in the page, a longer one by its digest


@dataclass(frozen=True)
class Clash:
    """A field that two people changed: its name in the form, what it is called, and both values in words.

    `mine` is empty where nothing was typed over the value that is stored: that one stands.
    """

    key: str
    field: str
    label: str
    mine: str
    theirs: str


class Clashed(Conflict):
    """Somebody else changed the same fields; `rows` holds both values of each."""

    def __init__(self, rows: list[Clash], author: str) -> None:
        said = _("What you typed is kept here: choose below, then send again.")
        who = _("%(author)s changed this meanwhile.", author=author) if author else _("This was changed meanwhile.")
        who = _("You changed this meanwhile in another window.") if author == current().label else who
        super().__init__(f"{who} {said}")
        self.rows = rows


def points(form: Any) -> dict[str, Any]:
    """Return {key: field} of all that is compared: fields, and those of lines that say which line they are."""
    found: dict[str, Any] = {}
    for field in form:
        identity = getattr(field, "identity", "")
        if identity:
            for entry in field.entries:
                found |= _points_of_line(field.name, entry.form, identity)
        elif not is_hidden(field) and field.type not in ("FileField", "FilesField"):
            found[field.name] = field
    return found


def _points_of_line(grid: str, line: Any, identity: str) -> dict[str, Any]:
    typed = [field for field in line if not (is_hidden(field) or field.short_name in line.aside)]
    return {f"{grid}/{line[identity].data}/{field.short_name}": field for field in typed}


def marks(form: Any) -> str:
    """Return what a page carries to say which values it showed."""
    return json.dumps({key: _mark(field) for key, field in points(form).items()}, ensure_ascii=False)


def read(text: str | None) -> Mapping[str, str] | None:
    """Return the marks that a page carried, or None when it carried none that can be read."""
    try:
        found = json.loads(text or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _mark(field: Any) -> str:
    text = _text(field.data)
    return text if len(text) <= SHORT else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:SHORT]


def _text(value: Any) -> str:
    """Return a text that is the same for the same value, stored or typed."""
    if value is None or value is False or value == "":  # 0 is a value: nothing was found
        return ""
    if isinstance(value, Mapping):
        return json.dumps({name: _text(each) for name, each in value.items()}, sort_keys=True)
    if isinstance(value, (list, tuple, set)):
        texts = [_text(each) for each in value]
        return json.dumps(texts if isinstance(value, list) and any("{" in text for text in texts) else sorted(texts))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return f"#{value.id}" if hasattr(value, "__table__") else str(value)


def merge(mine: Any, stored: Any, seen: Mapping[str, str], chosen: Iterable[str], careful: bool) -> list[Clash]:
    """Give a form what others changed meanwhile, and return the fields that both changed.

    `stored` is the same form filled with what is stored by now, `seen` the marks of what the page showed,
    `chosen` the keys of which the person wants the stored value. A `careful` form shows every value that
    another changed, also where nothing was typed over it: its fields only make sense together.
    """
    theirs, taken, clashes = points(stored), set(chosen), []
    for key, field in points(mine).items():
        other = theirs.get(key)
        if other is None or _mark(other) == _mark(field):
            continue
        if key in taken or key not in seen:
            _take(field, other)
        elif _mark(other) == seen[key]:
            continue
        elif _mark(field) != seen[key]:
            both = _words(field, field.data), _words(field, other.data)
            clashes.append(Clash(key, field.name, _label(key, field), *both))
        else:
            if careful:
                clashes.append(Clash(key, field.name, _label(key, field), "", _words(field, other.data)))
            _take(field, other)
    return clashes


def _take(field: Any, other: Any) -> None:
    """Let a field stand as it is stored."""
    for name in ("entries", "sent") if field.type == "FieldList" else ("data",):
        setattr(field, name, getattr(other, name))
    field.raw_data = None


def _label(key: str, field: Any) -> str:
    label, (grid, *line) = str(field.label.text), key.split("/")
    number = field.name.removeprefix(f"{grid}-").partition("-")[0]
    return f"{_('Line %(number)s:', number=int(number) + 1)} {label}" if line else label


def _words(field: Any, value: Any) -> str:
    """Return a value of a field in words, for the person who compares two of them."""
    if value in (None, "", []):
        return str(_("(empty)"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if field.type == "FieldList":
        return "; ".join(", ".join(str(each) for each in line.values() if each not in (None, "")) for line in value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if hasattr(field, "label_of"):
        return str(field.label_of(value))
    return words_of(value) if hasattr(value, "__table__") else str(getattr(field, "shown", field.write)(value))


def author(row: Any, keys: Iterable[str]) -> str:
    """Return the name of who changed last what clashes (the keys of fields), or "" when the trail does not say."""
    parts, lines, others = versions.parts(type(row)), defaultdict[str, list[str]](list), set[str]()
    for name, *line in (key.split("/") for key in keys):
        if line and name in parts:
            lines[name].append(line[0])
        else:
            others.add(name)
    entries = [entry for name, numbers in lines.items() for entry in _last(parts[name].__entity__, numbers)]
    if others:
        entries += _last(row.__entity__, [row.id])
    if {name for name in others if not name.startswith("own_")} - set(row.__mapper__.column_attrs.keys()):
        for name in others & parts.keys() or parts:
            entries += _of_parts(row, name)
    return str(json.loads(max(entries)[-1])["user"]) if entries else ""


def _of_parts(row: Any, name: str) -> list[Trace]:
    """Return the last changes of the lines of a row, of what these consist of, and of lines that were taken away."""
    model, [(_here, there)] = versions.parts(type(row))[name], row.__mapper__.relationships[name].local_remote_pairs
    lines = db.session.scalars(select(model).where(there == row.id)).all()
    gone = f'"{model.__mapper__.get_property_by_column(there).key}":[{row.id},null]'
    found = _last(model.__entity__, [line.id for line in lines]) + _last(model.__entity__, gone=gone)
    return found + [trace for line in lines for part in versions.parts(model) for trace in _of_parts(line, part)]


def _last(entity: str, ids: Iterable[Any] = (), gone: str = "") -> list[Trace]:
    """Return the last change of some rows, or of those whose removal of late said `gone`: one, or none."""
    query = select(AuditEntry.at, AuditEntry.seq, AuditEntry.body).where(AuditEntry.entity == entity)
    if gone:
        since = (utcnow() - LATELY).isoformat()
        query = query.where(AuditEntry.at > since, AuditEntry.action == "delete", AuditEntry.body.contains(gone))
    else:
        query = query.where(AuditEntry.entity_id.in_([str(each) for each in ids]))
    found = db.session.execute(query.order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(1)).first()
    return [] if found is None else [(found.at, found.seq, found.body)]


def chosen() -> list[str]:
    """Return the keys of the clashes of which the stored value was chosen on the page."""
    return request.form.getlist("_theirs")
