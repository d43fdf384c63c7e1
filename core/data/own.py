"""Own fields: what an administration adds to a noun, declared as rows, and kept in one JSON column beside its others.

So rights, trail, locks and merging of the row hold for them too; `docs/architecture.md` gives the figures.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, UniqueConstraint, event, select
from sqlalchemy.orm import Mapped, SessionTransaction, mapped_column, relationship
from sqlalchemy.orm import Session as AnySession

from core.contract.plugins import entities
from core.contract.ports import Words
from core.contract.words import _, label_of
from core.data.access import FACILITY, Everyone
from core.data.db import Model, Session, db
from core.data.errors import Invalid, Refused

EDIT = "core.field.edit"
HELD = "own"  # in the session: the fields that this transaction has read
PREFIX = "own."  # before the code of a field in the trail, in lists and in files
TEXT, NUMBER, DAY, YES_NO, CHOICE, PERSON, PLACE = "text", "number", "day", "yes_no", "choice", "person", "place"
KINDS: Mapping[str, Words] = {
    TEXT: _("Text"), NUMBER: _("Number or measure"), DAY: _("Day"), YES_NO: _("Yes or no"), CHOICE: _("One of a list"),
    PERSON: _("Person of the directory"), PLACE: _("Facility"),
}  # fmt: skip
LONGEST = 200
ANSWERS: Mapping[str, Words] = {"yes": _("Yes"), "no": _("No")}


class Owned:
    """Gives a model the column of its own fields: `class Product(Owned, Model)`; its entity says `own_fields=True`."""

    own: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, server_default="{}", info={"label": _("Own fields"), "own": True}
    )


class OwnField(Model):
    """A field that an administration has added: of which entity, of what type, for which kinds and places."""

    __tablename__ = "core_own_field"
    __entity__ = "core.own_field"
    __scope__ = Everyone(write=EDIT)
    __table_args__ = (UniqueConstraint("entity", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(60), info={"label": _("Of")})
    code: Mapped[str] = mapped_column(String(40), info={"label": _("Code")})
    kind: Mapped[str] = mapped_column(String(10), info={"label": _("Type of the field")})
    label_fr: Mapped[str] = mapped_column(String(120), info={"label": _("French label")})
    label_en: Mapped[str] = mapped_column(String(120), default="", info={"label": _("English label")})
    help_fr: Mapped[str] = mapped_column(String(300), default="", info={"label": _("French help")})
    help_en: Mapped[str] = mapped_column(String(300), default="", info={"label": _("English help")})
    unit: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Unit")})
    required: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Must be filled in")})
    listed: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Stands in the list")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("core_facility.id"), info={"label": _("Only below")})
    kinds: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, info={"label": _("Only for")})  # {label: id}
    position: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Rank")})
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("No longer asked for")})

    choices: Mapped[list["OwnChoice"]] = relationship(
        back_populates="field", order_by="OwnChoice.position", cascade="all, delete-orphan"
    )

    @property
    def name(self) -> str:
        """Return the label in the language of the page."""
        return label_of(self)


class OwnChoice(Model):
    """One of the choices of a field; a withdrawn one is no longer offered, and still named where it was chosen."""

    __tablename__ = "core_own_choice"
    __entity__ = "core.own_choice"
    __scope__ = Everyone(write=EDIT)
    __table_args__ = (UniqueConstraint("field_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey(OwnField.id), index=True)
    code: Mapped[str] = mapped_column(String(40), info={"label": _("Code")})
    label_fr: Mapped[str] = mapped_column(String(120), info={"label": _("French label")})
    label_en: Mapped[str] = mapped_column(String(120), default="", info={"label": _("English label")})
    position: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Rank")})
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("No longer asked for")})

    field: Mapped[OwnField] = relationship(back_populates="choices")


@dataclass(frozen=True)
class Choice:
    """A choice as it is read."""

    code: str
    label_fr: str
    label_en: str
    withdrawn: bool


@dataclass(frozen=True)
class Own:
    """A field as it is read: all that pages and files ask of it."""

    id: int
    code: str
    kind: str
    label_fr: str
    label_en: str
    help_fr: str
    help_en: str
    unit: str
    required: bool
    listed: bool
    withdrawn: bool
    kinds: tuple[int, ...]
    kind_labels: tuple[str, ...]
    path: str
    choices: tuple[Choice, ...] = ()

    @property
    def label(self) -> str:
        """Return the label in the language of the page."""
        return label_of(self)

    @property
    def heading(self) -> str:
        """Return the label with its unit, as lists, files and forms name the field."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def help(self) -> str:
        """Return the help in the language of the page."""
        return label_of(self, "help")

    def applies(self, kind: int | None, path: str) -> bool:
        """Return whether rows of a kind, at a path, have this field."""
        return (not self.kinds or kind in self.kinds) and path.startswith(self.path)

    def words(self, offered: bool = False) -> dict[str, Words]:
        """Return {code: label} of its choices, or of those that are still offered; yes and no are choices too."""
        if self.kind == YES_NO:
            return dict(ANSWERS)
        return {each.code: label_of(each) for each in self.choices if not (offered and each.withdrawn)}

    def read(self, own: Mapping[str, Any]) -> Any:
        """Return the value in a row's column: a text, Decimal, date, bool, code, or the id of a person or place."""
        text = own.get(self.code)
        return None if text is None else READ.get(self.kind, str)(text)

    def write(self, value: Any) -> str | None:
        """Return a value as the column keeps it; None takes it away. A person is given as one of the directory."""
        if value is None or value == "":
            return None
        if self.kind == PERSON:
            return str(value.id)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


READ: Mapping[str, Callable[[str], Any]] = {
    NUMBER: Decimal, DAY: date.fromisoformat, YES_NO: lambda text: text == "yes", PERSON: int, PLACE: int,
}  # fmt: skip


def fields_of(entity: str) -> Sequence[Own]:
    """Return the own fields of an entity in their order, withdrawn ones too; all are read with one statement, once a
    transaction."""
    known = entities().get(entity)
    if known is None or not known.own_fields:
        return ()
    held: dict[str, list[Own]] | None = db.session().info.get(HELD)
    if held is None:
        held = db.session().info[HELD] = {}
        for name, field in _every():
            held.setdefault(name, []).append(field)
    return held.get(entity, ())


@cache
def _fields() -> Any:
    return (
        select(OwnField, FACILITY.c.path, OwnChoice.code, OwnChoice.label_fr, OwnChoice.label_en, OwnChoice.withdrawn)
        .outerjoin(FACILITY, FACILITY.c.id == OwnField.facility_id)
        .outerjoin(OwnChoice, OwnChoice.field_id == OwnField.id)
        .order_by(OwnField.entity, OwnField.position, OwnField.id, OwnChoice.position, OwnChoice.id)
    )


def _every() -> Iterator[tuple[str, Own]]:
    names = ("id", "code", "kind", "label_fr", "label_en", "help_fr", "help_en", "unit", "required", "listed",
             "withdrawn")  # fmt: skip
    found: dict[int, tuple[OwnField, str, list[Choice]]] = {}
    for field, path, code, *choice in db.session.execute(_fields()):
        row = found.setdefault(field.id, (field, path or "", []))
        if code is not None:
            row[2].append(Choice(code, *choice))
    for field, path, choices in found.values():
        facts = {name: getattr(field, name) for name in names}
        yield (
            field.entity,
            Own(
                **facts,
                kinds=tuple(field.kinds.values()),
                kind_labels=tuple(field.kinds),
                path=path,
                choices=tuple(choices),
            ),
        )


def field_named(entity: str, name: str) -> Own | None:
    """Return the field that a change in the trail names ("own.electricity"), or None."""
    code = name.removeprefix(PREFIX)
    return next((each for each in fields_of(entity) if each.code == code), None) if name.startswith(PREFIX) else None


def kind_of(row: Any) -> int | None:
    """Return the kind of a row, which decides with its place what fields it has."""
    entity = entities().of(row)
    return getattr(row, entity.kinds) if entity is not None and entity.kinds else None


def path_of(row: Any) -> str:
    """Return the path of the place of a row, "" where it belongs to none."""
    if hasattr(row, "path"):
        return str(row.path or "")
    return str(getattr(getattr(row, "facility", None), "path", ""))


def applying(row: Any) -> list[Own]:
    """Return the fields that a row has, in their order."""
    kind, path = kind_of(row), path_of(row)
    return [each for each in fields_of(row.__entity__) if not each.withdrawn and each.applies(kind, path)]


def faults(
    entity: str, kind: int | None, path: str, given: Mapping[str, Any], new: bool = False
) -> Iterator[tuple[str, Words]]:
    """Yield (code, why) of what cannot be: a field that such a row has not, and one that must be filled in and would
    not be. Of a stored row only what is given is looked at."""
    for field in fields_of(entity):
        applies = not field.withdrawn and field.applies(kind, path)
        value = given.get(field.code)
        value = None if value == "" else value
        if value is not None and not applies:
            yield field.code, _("“%(field)s” is not for rows of this kind or place. Leave it empty.", field=field.label)
        elif value is None and applies and field.required and (new or field.code in given):
            yield field.code, _("%(label)s: fill this in.", label=field.label)


def refusals(entity: str, *where: Any) -> list[Refused]:
    """Return what `faults` finds as refusals, each at the input of its field."""
    return [Refused(words, field=input_name(code)) for code, words in faults(entity, *where)]


def merged(entity: str, stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the column of a row once what is given stands in it, {code: value}; the rest stays."""
    found = dict(stored)
    for field in fields_of(entity):
        if field.code in given:
            value = given[field.code]
            text, beside = field.write(value), name_beside(field.code)
            found = {name: each for name, each in found.items() if name not in (field.code, beside)}
            if text is not None:
                found[field.code] = text
            if field.kind == PERSON and text is not None:
                found[beside] = value.name
    return found


def put(row: Any, given: Mapping[str, Any], new: bool = False) -> None:
    """Set own fields of a row, {code: value}; Invalid names those that cannot be, as their forms name them."""
    wrong = dict(faults(row.__entity__, kind_of(row), path_of(row), given, new))
    if wrong:
        raise Invalid({input_name(code): words for code, words in wrong.items()})
    after = merged(row.__entity__, row.own or {}, given)
    if after != (row.own or {}):
        row.own = after


def name_beside(code: str) -> str:
    """Return under which key the name of a person is kept beside his number, as it was when he was chosen: lists show
    it to those who may not see accounts."""
    return f"{code}:name"


def input_name(code: str) -> str:
    """Return the name of the input of a field in forms."""
    return f"own_{code}"


@event.listens_for(Session, "after_transaction_end")
def _forget(session: AnySession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(HELD, None)


@event.listens_for(Session, "after_flush")
def _forget_changed(session: AnySession, context: Any) -> None:
    if any(isinstance(row, (OwnField, OwnChoice)) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop(HELD, None)
