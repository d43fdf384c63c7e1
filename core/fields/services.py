"""Declaring own fields, changing and withdrawing them; a type stays once there are values, and values stay for good."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.words import _, in_each_language, label_of, ngettext
from core.data.access import current
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Invalid, Missing, Refused
from core.data.own import CHOICE, EDIT, NUMBER, OwnChoice, OwnField
from core.data.search import folded
from core.data.work import ask
from core.facilities.models import Facility

JUDGED = "whether a field or choice is in use is judged over all rows, whoever may read them"
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST = 60  # fields of one entity


@dataclass(frozen=True)
class ChoiceSpec:
    """A choice as it is typed; `code` is "" of a new one."""

    code: str
    label_fr: str
    label_en: str = ""


def owned() -> list[Entity]:
    """Return the entities to which fields may be added."""
    return [each for each in entities() if each.own_fields]


def entity_of(name: str) -> Entity:
    """Return an entity to which fields may be added, or raise Missing."""
    found = next((each for each in owned() if each.name == name), None)
    if found is None:
        raise Missing(_("Nothing can be added to this."))
    return found


def listed() -> list[tuple[Entity, Sequence[OwnField]]]:
    """Return the fields of each entity in their order, the withdrawn ones at the end."""
    order = OwnField.withdrawn, OwnField.position, OwnField.id
    rows = db.session.scalars(select(OwnField).order_by(*order)).all()
    return [(each, [row for row in rows if row.entity == each.name]) for each in owned()]


def kinds_of(entity: Entity) -> dict[int, str]:
    """Return {id: label} of the kinds of rows of an entity, none where it has no kinds."""
    if not entity.kinds:
        return {}
    target = next(iter(entity.model.__mapper__.columns[entity.kinds].foreign_keys)).column.table
    model = next(each.model for each in entities() if each.model.__table__ is target)
    return {row.id: label_of(row) for row in db.session.scalars(select(model).order_by(model.id))}


def add(entity: str, facts: Mapping[str, Any], kinds: Sequence[int], choices: Sequence[ChoiceSpec]) -> OwnField:
    """Return a new field of an entity; its code is made of its label where none is given."""
    current().require(EDIT)
    owner = entity_of(entity)
    others = db.session.scalars(select(OwnField).where(OwnField.entity == entity)).all()
    if len(others) >= MOST:
        raise Refused(_("%(most)s fields are the most.", most=MOST))
    taken = {each.code for each in others}
    code = facts.get("code") or _free(slug(facts["label_fr"]), taken)
    if not CODE.fullmatch(code):
        raise Refused(_("A code begins with a letter and holds small letters, figures and _ alone."), "code")
    if code in taken:
        raise Refused(_("Another field has the code %(code)s.", code=code), "code")
    row = OwnField(entity=entity, code=code, position=max([each.position for each in others], default=0) + 10)
    return _fill(row, owner, {name: value for name, value in facts.items() if name != "code"}, kinds, choices)


def change(row: OwnField, facts: Mapping[str, Any], kinds: Sequence[int], choices: Sequence[ChoiceSpec]) -> OwnField:
    """Return the field, changed; another type is Refused once there are values, and dropping a choice that is in use
    is asked."""
    current().require(EDIT)
    if facts["kind"] != row.kind and (number := in_use(row)):
        raise Refused(
            ngettext("%(num)s row has a value: the type stays. Add another field and withdraw this one.",
                     "%(num)s rows have a value: the type stays. Add another field and withdraw this one.", number),
            "kind",
        )  # fmt: skip
    return _fill(row, entity_of(row.entity), facts, kinds, choices)


def _fill(
    row: OwnField, owner: Entity, facts: Mapping[str, Any], kinds: Sequence[int], choices: Sequence[ChoiceSpec]
) -> OwnField:
    _check(row, owner, facts, choices)
    known = kinds_of(owner)
    for name, value in facts.items():
        setattr(row, name, value)
    row.kinds = {known[each]: each for each in kinds if each in known}
    db.session.add(row)
    db.session.flush()
    _set_choices(row, choices if row.kind == CHOICE else ())
    db.session.flush()
    return row


def _check(row: OwnField, owner: Entity, facts: Mapping[str, Any], choices: Sequence[ChoiceSpec]) -> None:
    """Raise Invalid for labels that something else of the same list has, units of no number, choices without any."""
    wrong: dict[str, Any] = {}
    taken = _labels(owner, row)
    for name in ("label_fr", "label_en"):
        if facts[name] and key_of(facts[name]) in taken:
            wrong[name] = _("The list has this heading already.")
    if facts["kind"] == CHOICE and not choices:
        wrong["choices"] = _("A list of choices needs one at least.")
    if facts["unit"] and facts["kind"] != NUMBER:
        wrong["unit"] = _("Only a number has a unit.")
    labels = [key_of(each.label_fr) for each in choices]
    for line, label in enumerate(labels):
        if label in labels[:line]:
            wrong[f"choices-{line}-label_fr"] = _("This choice stands twice.")
    if wrong:
        raise Invalid(wrong)


def _labels(owner: Entity, row: OwnField) -> set[str]:
    """Return the headings that the list of an entity has, besides those of a field."""
    columns = [column.info["label"] for column in owner.model.__table__.columns if "label" in column.info]
    names = [name for label in columns for name in in_each_language(label)]
    others = select(OwnField.label_fr, OwnField.label_en).where(OwnField.entity == owner.name, OwnField.id != row.id)
    names += [label for pair in db.session.execute(others) for label in pair]
    return {key_of(name) for name in names if name}


def _set_choices(row: OwnField, choices: Sequence[ChoiceSpec]) -> None:
    """Give a field these choices in this order; one that is in use and left out is withdrawn, once that was said yes
    to, any other is deleted."""
    left = {each.code: each for each in row.choices}
    for position, spec in enumerate(choices, 1):
        kept = left.pop(spec.code, None)
        if kept is None:
            kept = OwnChoice(code=_free(slug(spec.label_fr), {each.code for each in row.choices}))
            row.choices.append(kept)
        kept.label_fr, kept.label_en = spec.label_fr, spec.label_en
        kept.position, kept.withdrawn = position, False
    for gone in left.values():
        if gone.withdrawn:
            continue
        if number := in_use(row, gone.code):
            words = ngettext(
                "%(num)s row has “%(choice)s”. It keeps it, and nobody can choose it any more. Leave it out?",
                "%(num)s rows have “%(choice)s”. They keep it, and nobody can choose it any more. Leave it out?",
                number, choice=label_of(gone),
            )  # fmt: skip
            ask("choice_in_use", words, about=f"{row.id}/{gone.code}/{number}", field="choices")
            gone.withdrawn = True
        else:
            row.choices.remove(gone)


def in_use(row: OwnField, value: str = "") -> int:
    """Return how many rows hold a value of a field, or this one."""
    text = entity_of(row.entity).model.own[row.code].as_string()
    query = select(func.count()).where(text == value if value else text.is_not(None))
    return read_beside(query, JUDGED).scalar() or 0


def withdraw(row: OwnField) -> OwnField:
    """Return the field, which no form, list or file has any more; its values stay."""
    current().require(EDIT)
    row.withdrawn = True
    db.session.flush()
    return row


def restore(row: OwnField) -> OwnField:
    """Return the field, in force again with the values it had."""
    current().require(EDIT)
    row.withdrawn = False
    db.session.flush()
    return row


def place_of(row: OwnField) -> Facility | None:
    """Return the facility below which alone a field applies, or None."""
    return db.session.get(Facility, row.facility_id) if row.facility_id else None


def slug(label: str) -> str:
    """Return a code made of a label: "Source d'électricité" is source_d_electricite."""
    found = re.sub(r"[^a-z0-9]+", "_", folded(label)).strip("_")[:40].rstrip("_")
    return found if found[:1].isalpha() else f"f_{found}"[:40].rstrip("_")


def _free(code: str, taken: set[str]) -> str:
    number, found = 1, code
    while found in taken:
        number += 1
        found = f"{code[:36]}_{number}"
    return found
