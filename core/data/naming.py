"""What people call a row, one rule for pages and trail: by the columns that its entity declares (`named`), else by the
first of NAMED that it has; a reference stands for the first part of what it refers to."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.contract.entities import Entity, ref
from core.contract.plugins import entities
from core.contract.words import _, label_of
from core.data.db import db
from core.data.judging import models_by_table

NAMED = ("number", "name", "login", "label", "code")
DOT = " · "


def headed(head: Any, words: Any) -> str:
    """Return words behind what they are about, with the colon of the language; one of the two alone without it."""
    both = (str(head), str(words))
    return str(_("%(step)s: %(words)s", step=both[0], words=both[1])) if all(both) else both[0] or both[1]


def called_by(entity: Entity) -> Sequence[str]:
    """Return the attributes that make the name of an entity's rows; "name" may stand for `name_fr` and `name_en`."""
    columns = entity.model.__mapper__.columns
    return entity.named or [name for name in NAMED if name in columns or f"{name}_fr" in columns][:1]


def title_of(obj: Any) -> str:
    """Return the name of a row, in the language of the page, its reference where it has none; of what is no row of an
    entity (a colleague) the first of NAMED."""
    entity = entities().of(obj)
    if entity is None:
        return next((str(found) for name in NAMED if (found := getattr(obj, name, ""))), "")
    return DOT.join(filter(None, (_part(entity, obj, name) for name in called_by(entity)))) or ref(obj)


def called(row: Any) -> str:
    """Return what a row of an entity is called where other nouns stand beside it: "Count INV-2026-00001"."""
    return f"{entities()[row.__entity__].label} {title_of(row)}"


def _part(entity: Entity, obj: Any, name: str) -> str:
    """Return one part of a row's name, as far as this person may read what it refers to."""
    column = column_of(entity, name)
    if column is None:
        return label_of(obj, name)
    value, target = getattr(obj, name), entities().get(target_of(column))
    if target is not None:
        other = None if value is None else db.session.get(target.model, value)
        obj.__dict__.setdefault("_called_by", {})[name] = other  # or the session lets go of it, and asks again
        return "" if other is None else _part(target, other, next(iter(called_by(target)), "id"))
    said = labels_of(entity, name).get(value, value)
    if isinstance(said, date):
        return said.strftime("%d/%m/%Y")
    return "" if said is None else str(getattr(said, "label", said))


def column_of(entity: Entity | None, name: str) -> Any:
    """Return the column of an entity's model, or None where there is no such column (any more)."""
    return entity.model.__mapper__.columns.get(name) if entity else None


def target_of(column: Any) -> str:
    """Return the entity that a column refers to, by a foreign key or by its word, or nothing."""
    if column is None:
        return ""
    keys = list(column.foreign_keys)
    if not keys:
        return str(column.info.get("entity", ""))
    return getattr(models_by_table().get(keys[0].column.table.name), "__entity__", "")


def labels_of(entity: Entity | None, name: str) -> Mapping[Any, Any]:
    """Return {code: label or State} of a column that holds codes."""
    said = entity.words.get(name, {}) if entity else {}
    return said() if callable(said) else said
