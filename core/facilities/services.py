"""The tree of facilities: reading it, and changing it so that the past stays known."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import case, func, literal, select, union_all, update
from sqlalchemy.orm import aliased, contains_eager, joinedload

from core.contract.plugins import each, hooks
from core.contract.ports import Obstacle, Words
from core.contract.words import _
from core.data import audit
from core.data.access import current
from core.data.bulk import beside
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Invalid, Missing, Refused
from core.data.own import put
from core.data.search import matches
from core.data.work import emit
from core.facilities.models import (
    CLOSED,
    OPEN,
    Facility,
    FacilityCode,
    FacilityName,
    FacilityParent,
    FacilityType,
)

EDIT = "core.facility.edit"
PATH_LENGTH = 200


def get(facility_id: int | None) -> Facility:
    """Return a facility by id with its type, or raise Missing."""
    found = db.session.get(Facility, facility_id, options=[joinedload(Facility.type)]) if facility_id else None
    if found is None:
        raise Missing(_("This facility does not exist."))
    return found


def types() -> Sequence[FacilityType]:
    """Return the types of facilities, from the country down."""
    return db.session.scalars(select(FacilityType).order_by(FacilityType.level, FacilityType.code)).all()


def ancestors(facility: Facility) -> list[Facility]:
    """Return the facilities above, the country first."""
    rows = db.session.scalars(select(Facility).where(Facility.id.in_(facility.ancestor_ids)))
    return sorted(rows, key=lambda row: len(row.path))


def tree(parent: Facility | None = None) -> list[tuple[Facility, int]]:
    """Return the children of a facility (or the roots), each with the number of facilities below it."""
    below = aliased(Facility)
    count = select(func.count()).where(below.path.like(Facility.path + "_%")).correlate(Facility).scalar_subquery()
    order = (FacilityType.level, Facility.status == CLOSED, Facility.name)
    query = select(Facility, count).join(Facility.type).options(contains_eager(Facility.type)).order_by(*order)
    query = query.where(Facility.parent_id.is_(None) if parent is None else Facility.parent_id == parent.id)
    return [(row, int(number)) for row, number in db.session.execute(query)]


def counts_by_type(facility: Facility) -> list[tuple[FacilityType, int, int]]:
    """Return (type, facilities below, of which open), from the upper levels down."""
    opened = func.sum(case((Facility.status == OPEN, 1), else_=0))
    query = (
        select(FacilityType, func.count(Facility.id), opened)
        .join(Facility, Facility.type_id == FacilityType.id)
        .where(under(facility.path), Facility.id != facility.id)
        .group_by(FacilityType.id)
        .order_by(FacilityType.level, FacilityType.code)
    )
    return [(row, number, int(working or 0)) for row, number, working in db.session.execute(query)]


def past(facility: Facility) -> Sequence[Any]:
    """Return its former names and the names of its former parents: rows (parent, name, valid_from, valid_to)."""
    called, lay = (
        select(literal(parent).label("parent"), name.label("name"), owner.valid_from, owner.valid_to).where(
            owner.facility_id == facility.id
        )
        for parent, owner, name in (
            (False, FacilityName, FacilityName.name),
            (True, FacilityParent, FacilityParent.parent_name),
        )
    )
    return db.session.execute(union_all(called, lay).order_by("parent", "valid_from")).all()


def under(path: str) -> Any:
    """Return the condition that a facility is the one of this path, or lies below it."""
    return Facility.path.like(f"{path}%")


def _joined(column: Any) -> Any:
    """Return all values of a column of what hangs on a facility, as one text."""
    owner = column.class_.facility_id
    return select(func.aggregate_strings(column, " ")).where(owner == Facility.id).correlate(Facility).scalar_subquery()


SEARCHED = (Facility.name, Facility.code, _joined(FacilityCode.value), _joined(FacilityName.name))


def search(words: str, limit: int = 20) -> Sequence[Facility]:
    """Return the facilities whose codes, name or former names hold all the words, the open ones first."""
    found = select(Facility).where(matches(words, *SEARCHED))
    return db.session.scalars(found.order_by(Facility.status == CLOSED, Facility.name).limit(limit)).all()


def create(
    code: str, name: str, type_id: int, parent_id: int | None, own: Mapping[str, Any] | None = None, **values: Any
) -> Facility:
    """Return a new facility under a parent; `values` are the further columns, `own` the fields of an administration."""
    parent = _lock_tree(get(parent_id)) if parent_id else None
    current().require(EDIT, parent)
    _check(None, code=code, **values)
    row = Facility(code=code, name=name, type_id=type_id, parent_id=parent_id, **values)
    db.session.add(row)
    db.session.flush()
    row.path = _path(parent, row.id)
    if own is not None:
        put(row, own, new=True)
    db.session.flush()
    return row


def _path(parent: Facility | None, facility_id: int) -> str:
    path = f"{parent.path if parent else '/'}{facility_id}/"
    if len(path) > PATH_LENGTH:
        raise Refused(_("The tree would become too deep."), "parent")
    return path


def _lock_tree(facility: Facility) -> Facility:
    """Return the facility, read anew, once no other transaction changes the shape of the tree."""
    db.session.execute(select(Facility.id).where(Facility.parent_id.is_(None)).with_for_update())
    db.session.refresh(facility)
    return facility


def edit(facility: Facility, own: Mapping[str, Any] | None = None, **values: Any) -> Facility:
    """Return the facility with new values of its plain columns, and of own fields; name and parent have verbs of their
    own."""
    current().require(EDIT, facility)
    _check(facility, **{"opened_on": facility.opened_on, "closed_on": facility.closed_on, **values})
    refuse_kind(facility, values.get("type_id", facility.type_id))
    for column, value in values.items():
        setattr(facility, column, value)
    if own is not None:
        put(facility, own)
    db.session.flush()
    return facility


def _check(facility: Facility | None, **values: Any) -> None:
    """Raise Invalid when a code is taken, or dates and coordinates cannot be."""
    errors: dict[str, Any] = {}
    if code := values.get("code"):
        taken = db.session.scalar(select(Facility.id).where(Facility.code_key == key_of(code)))
        if taken and (facility is None or taken != facility.id):
            errors["code"] = _("Another facility has this code.")
    opened, closed = values.get("opened_on"), values.get("closed_on")
    if opened and closed and closed < opened:
        errors["opened_on"] = _("It cannot close before it opens.")
    elif facility is not None and opened != facility.opened_on and (why := too_late(facility, opened)):
        errors["opened_on"] = why
    if (values.get("latitude") is None) != (values.get("longitude") is None):
        errors["latitude"] = _("Give latitude and longitude, or neither.")
    if errors:
        raise Invalid(errors)


def too_late(facility: Facility, opened: date | None) -> Words:
    """Return why a facility cannot have opened on a day, or ""."""
    first = min(each(hooks().recorded_since(facility=facility)), default=None) if opened else None
    if opened is None or first is None or opened <= first:
        return ""
    return _("Something was recorded there on %(day)s already: it cannot have opened later.", day=f"{first:%d/%m/%Y}")


def refuse_kind(facility: Facility, type_id: int) -> None:
    """Raise Refused when a place would become another kind of place over what lies there or is under way."""
    kind = db.session.get_one(FacilityType, type_id)
    if kind.kind != facility.type.kind and (found := obstacles(facility)):
        words = ". ".join(str(one.label) for one in found)
        raise Refused(_("It cannot become another kind of place yet: %(what)s.", what=words), "type_id")


def rename(facility: Facility, name: str, on: date) -> Facility:
    """Return the facility under its new name; the former one is kept with its days."""
    current().require(EDIT, facility)
    if name == facility.name:
        raise Refused(_("This is the name it has already."), "name")
    since = _since(facility, [former.valid_to for former in facility.names], on)
    db.session.add(FacilityName(facility=facility, name=facility.name, valid_from=since, valid_to=on))
    former, facility.name = facility.name, name
    db.session.flush()
    emit("core.facility.renamed", facility, former=former, on=on)
    return facility


def move(facility: Facility, parent: Facility, on: date) -> Facility:
    """Return the facility under its new parent, with all below it; the former parent is kept with its days."""
    _lock_tree(facility)
    db.session.refresh(parent)
    for place in (facility, parent):
        current().require(EDIT, place)
    if parent.id == facility.parent_id:
        raise Refused(_("It lies there already."), "parent")
    if parent.path.startswith(facility.path):
        raise Refused(_("A facility cannot lie below itself."), "parent")
    keep_parent(facility, on)
    old, facility.parent_id = facility.path, parent.id
    facility.path = _path(parent, facility.id)
    db.session.flush()
    count = rewrite_paths(old, facility.path)
    audit.bulk("core.facility", "move", count, id=facility.id, facility_id=facility.id, old=old, new=facility.path)
    emit("core.facility.moved", facility, old=old, new=facility.path, on=on)
    return facility


def keep_parent(facility: Facility, on: date) -> None:
    """Keep the present parent among the former ones, as of a day."""
    since = _since(facility, [former.valid_to for former in facility.parents], on)
    name = facility.parent.name if facility.parent else ""
    db.session.add(
        FacilityParent(facility=facility, parent_id=facility.parent_id, parent_name=name, valid_from=since, valid_to=on)
    )


def _since(facility: Facility, ends: Sequence[date | None], on: date) -> date | None:
    """Return the day since which the present state holds; a change before it, or to come, is refused."""
    if on > today():
        raise Refused(_("This day is still to come."), "on")
    opened = facility.opened_on if facility.opened_on and facility.opened_on <= on else None
    since = max((end for end in ends if end), default=opened)
    if since and on < since:
        raise Refused(_("This must not be before %(day)s, the day of the last change.", day=f"{since:%d/%m/%Y}"), "on")
    return since


def rewrite_paths(old: str, new: str) -> int:
    """Move a whole subtree in one statement and return how many facilities it moved."""
    longest = db.session.scalar(select(func.max(func.length(Facility.path))).where(under(old))) or 0
    if longest - len(old) + len(new) > PATH_LENGTH:
        raise Refused(_("The tree would become too deep."), "parent")
    moved = (
        update(Facility)
        .where(under(old))
        .values(path=new + func.substr(Facility.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    count = db.session.execute(
        beside(moved, "the paths below follow the unit that was moved, whose line says so")
    ).rowcount  # type: ignore[attr-defined]
    db.session.expire_all()
    return int(count)


def obstacles(facility: Facility) -> list[Obstacle]:
    """Return what the plugins know that closing a facility would strand, what holds it open first."""
    return sorted(each(hooks().closing(facility=facility)), key=lambda one: not one.holds)


def holding(facility: Facility) -> list[Obstacle]:
    """Return what has to be cleared away before a facility may close."""
    return [one for one in obstacles(facility) if one.holds]


def in_the_way(found: Sequence[Obstacle]) -> Refused:
    """Return the refusal that names what has to be cleared away first."""
    words = ". ".join(str(one.label) for one in found)
    return Refused(_("It cannot close yet: %(what)s. Say first where that goes.", what=words), "on")


def close(facility: Facility, on: date) -> Facility:
    """Return the facility, closed as of a day; one with open facilities below, or where something lies, is refused."""
    current().require(EDIT, facility)
    below = select(func.count()).where(under(facility.path), Facility.id != facility.id, Facility.status == OPEN)
    if number := db.session.scalar(below):
        raise Refused(_("%(number)s open facilities lie below it. Close or move them first.", number=number), "on")
    if facility.opened_on and on < facility.opened_on:
        raise Refused(_("It cannot close before it opens."), "on")
    if on > today():
        raise Refused(_("This day is still to come."), "on")
    if found := holding(facility):
        raise in_the_way(found)
    facility.status, facility.closed_on = CLOSED, on
    db.session.flush()
    emit("core.facility.closed", facility, on=on)
    return facility


def reopen(facility: Facility) -> Facility:
    """Return the facility, open (again)."""
    current().require(EDIT, facility)
    facility.status, facility.closed_on = OPEN, None
    db.session.flush()
    emit("core.facility.opened", facility)
    return facility


def set_codes(facility: Facility, codes: Mapping[str, str]) -> None:
    """Give a facility its codes of other schemes, {scheme: value}; an empty value takes one away."""
    current().require(EDIT, facility)
    present = {code.scheme: code for code in facility.codes}
    for scheme, value in codes.items():
        owner = db.session.scalar(
            select(FacilityCode.facility_id).where(FacilityCode.scheme == scheme, FacilityCode.value == value)
        )
        if value and owner not in (None, facility.id):
            message = _("Another facility has the code %(value)s of %(scheme)s.", value=value, scheme=scheme)
            raise Refused(message, "codes")
        _set_code(facility, present.get(scheme), scheme, value)
    db.session.flush()


def replace_codes(facility: Facility, codes: Mapping[str, str]) -> None:
    """Give a facility exactly these codes, {scheme: value}."""
    gone = {code.scheme: "" for code in facility.codes if code.scheme not in codes}
    set_codes(facility, {**gone, **codes})


def _set_code(facility: Facility, row: FacilityCode | None, scheme: str, value: str) -> None:
    if row is None and value:
        facility.codes.append(FacilityCode(scheme=scheme, value=value))
    elif row is not None and value:
        row.value = value
    elif row is not None:
        db.session.delete(row)


def schemes() -> Sequence[str]:
    """Return the schemes of codes in use."""
    return db.session.scalars(select(FacilityCode.scheme).distinct().order_by(FacilityCode.scheme)).all()
