"""Own fields on pages: the inputs of forms, the columns of lists, and what the page of a row says."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask import current_app, has_request_context, request
from sqlalchemy import Dialect, Float, Integer, String, cast, select, type_coerce
from sqlalchemy.types import TypeDecorator

from core.contract.plugins import entities
from core.contract.ports import Words
from core.contract.words import _, locale
from core.data.access import FACILITY
from core.data.db import db
from core.data.figures import spoken
from core.data.own import (
    CHOICE,
    DAY,
    LONGEST,
    NUMBER,
    PERSON,
    PLACE,
    YES_NO,
    Own,
    applying,
    fields_of,
    input_name,
    kind_of,
    name_beside,
    path_of,
)
from core.web import pages
from core.web.choices import ChoiceField, FacilityField, LookupField
from core.web.columns import Column
from core.web.dates import DateField
from core.web.fields import DecimalField, TextField

LARGEST, PLACES = 10**12, 6
COLUMN = "own:"  # before the code of a field in the address of a list, and in the heads of files


class IsoDay(TypeDecorator[date]):
    """A day that is kept as text, 2026-11-30."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Return the day as it is kept."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Return the day."""
        return None if value is None else date.fromisoformat(value)


class PersonField(LookupField):
    """A person of the directory, by name; everyone signed in finds everybody there."""

    def __init__(self, label: Any = "", **options: Any) -> None:
        super().__init__(label, resolve=lambda text: people().colleague_named(text), url="users.look_up", **options)

    def process_data(self, value: Any) -> None:
        """Keep the person; an id is taken too."""
        self.data = people().colleague(value) if isinstance(value, int) else value


def people() -> Any:
    """Return the directory of people, which stands on a floor above."""
    return current_app.extensions["amagara.people"]


def own_entity(name: str) -> Any:
    """Return an entity that has own fields, or None."""
    entity = entities().get(name)
    return entity if entity is not None and entity.own_fields else None


# --- forms -------------------------------------------------------------------


def inputs(name: str, row: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, field) of the inputs for the own fields that a row has, or that one of the kind that is being
    chosen would have; of a new row of no kind yet, all."""
    for field in _asked(name, row):
        sure = row is not None and not field.kinds and not field.path
        yield input_name(field.code), _input(field, required=field.required and sure)


def _asked(name: str, row: Any) -> Iterator[Own]:
    entity = own_entity(name)
    sent = request.form.get(entity.kinds, "")
    kinds = {int(sent)} if sent.isascii() and sent.isdecimal() and len(sent) < 10 else set()
    if row is not None:
        kinds.add(kind_of(row) or 0)
    path = None if row is None else path_of(row)
    for field in fields_of(name):
        fits = not field.kinds or not kinds or kinds & set(field.kinds)
        if not field.withdrawn and fits and (path is None or path.startswith(field.path)):
            yield field


def _input(field: Own, required: bool) -> Any:
    label = field.heading
    only = _("Only for: %(kinds)s.", kinds=", ".join(field.kind_labels)) if field.kinds else ""
    options: dict[str, Any] = {"required": required, "help": " ".join(str(each) for each in (field.help, only) if each)}
    if field.kind in (YES_NO, CHOICE):
        return ChoiceField(label, field.words(offered=True), blank="–", **options)
    if field.kind == NUMBER:
        return DecimalField(label, minimum=-LARGEST, maximum=LARGEST, places=PLACES, **options)
    if field.kind == DAY:
        return DateField(label, **options)
    if field.kind in (PERSON, PLACE):
        return (PersonField if field.kind == PERSON else FacilityField)(label, **options)
    return TextField(label, max_length=LONGEST, **options)


def filling(row: Any) -> dict[str, Any]:
    """Return what the inputs of a row show."""
    own = row.own or {}
    return {
        input_name(field.code): own.get(field.code) if field.kind == YES_NO else field.read(own)
        for field in applying(row)
    }


def keep_unsent(form: Any, row: Any) -> None:
    """Let the inputs that this request did not send stand as they are stored: its page had another kind of row."""
    stored = filling(row)
    for name in form._own.keys() - request.form.keys():
        entry = form._fields[name]
        entry.process_data(stored.get(name))
        entry.raw_data = [entry._value()] if stored.get(name) is not None else None


def said(form: Any) -> dict[str, Any]:
    """Return {code: value} of the own fields of a form, as `core.data.own.put` takes them."""
    found = {}
    for field in fields_of(form.owned):
        if (entry := form._fields.get(input_name(field.code))) is not None:
            value = entry.data
            found[field.code] = value.id if field.kind == PLACE and value is not None else value
    return found


# --- lists -------------------------------------------------------------------


def columns(model: Any) -> Iterator[Column]:
    """Yield the columns of the own fields of a model; those that a list does not show by itself can be chosen."""
    if own_entity(getattr(model, "__entity__", "")) is None:
        return
    asked = set(_asked_columns()) if has_request_context() else set()
    for field in fields_of(model.__entity__):
        if not field.withdrawn:
            name = COLUMN + field.code
            yield _column(model, field, name, field.listed or name in asked)


def _asked_columns() -> Iterator[str]:
    """Yield the columns that the address of a list names: to be shown, or to narrow it."""
    yield from ",".join(request.args.getlist("cols")).split(",")
    yield from (each.removeprefix("f.") for each in request.args if each.startswith("f."))


def _column(model: Any, field: Own, name: str, offered: bool) -> Column:
    """Return the column of a field; where it is `offered`, its values stand above the list with their counts."""
    text, value, words = model.own[field.code].as_string(), _reader(model, field), field.words()
    label = field.heading
    if field.kind == NUMBER:
        found = Column(name, label, cast(text, Float), value, "number")
    elif field.kind == DAY:
        found = Column(name, label, type_coerce(text, IsoDay), value, "date")
    elif field.kind == PERSON:
        found = Column(name, label, model.own[name_beside(field.code)].as_string(), facet=offered)
    elif field.kind == PLACE:
        other = FACILITY.alias("own_place")
        place = select(other.c.name).where(other.c.id == cast(text, Integer)).scalar_subquery()
        found = Column(name, label, place, facet=offered)
    elif words:
        found = Column(name, label, text, value, facet=words if offered else False, choices=words)
    else:
        found = Column(name, label, text, value, facet=offered)
    return replace(found, default=field.listed)


def _reader(model: Any, field: Own) -> Any:
    """Return the function that reads a field of a row of a list; codes stay what they are, their words stand beside."""
    plain = field.kind in (YES_NO, CHOICE)

    def value(given: Any) -> Any:
        own = (given if isinstance(given, model) else given[0]).own or {}
        return own.get(field.code) if plain else field.read(own)

    return value


# --- the page of a row -------------------------------------------------------


def facts(row: Any) -> list[tuple[Words, str]]:
    """Return (label, value) of the own fields that a row has, in words; "" where nothing was entered."""
    own, fields = row.own or {}, applying(row)
    named = _names(PERSON, fields, own) | _names(PLACE, fields, own)
    return [(field.label, named.get(field.code) or _words(field, field.read(own))) for field in fields]


def _names(kind: str, fields: Sequence[Own], own: Mapping[str, Any]) -> dict[str, str]:
    """Return {code: name} of the people, or of the facilities, that some fields hold."""
    ids = {field.code: field.read(own) for field in fields if field.kind == kind and field.code in own}
    if not ids:
        return {}
    names = people().names(ids.values()) if kind == PERSON else _places(ids.values())
    return {code: names.get(id_, "") for code, id_ in ids.items()}


def _places(ids: Collection[int]) -> dict[int, str]:
    model = entities()["core.facility"].model
    query = select(model.id, model.name).where(model.id.in_(ids))
    return dict(db.session.execute(query).all())


def _words(field: Own, value: Any) -> str:
    if value is None or field.kind in (PERSON, PLACE):
        return ""
    if field.kind in (YES_NO, CHOICE):
        code = field.write(value) or ""
        return str(field.words().get(code, code))
    if field.kind == NUMBER:
        return f"{spoken(value, None, locale() or 'fr')} {field.unit}".strip()
    return pages.day(value) if field.kind == DAY else str(value)
