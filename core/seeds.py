"""Rows that every installation needs, and the demonstration country with its people."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from babel import Locale
from flask import current_app
from flask_babel import force_locale
from sqlalchemy import bindparam, insert, select, update

from core.calendar import services as calendar
from core.contract.plugins import each, hooks
from core.contract.ports import RoleSpec
from core.data import audit
from core.data.bulk import beside
from core.data.calendars import WEEKDAYS, WorkingHours
from core.data.db import db, today
from core.data.reference import rows_of
from core.facilities import country
from core.facilities.models import Facility, FacilityCode, FacilityParent, FacilityType
from core.users import demo
from core.users.accounts.models import User
from core.users.data.people import PEOPLE
from core.users.rights.models import Grant, Role
from core.users.signin import passwords
from core.web.console import progress

HEAD = "unit_head"  # the role of heads of wards, where a plugin declares it


def seed(kind: str, size: str) -> None:
    """Insert what is missing: the reference rows, or the demonstration country and its people."""
    if kind == "reference":
        _types()
        _roles()
        _root()
        _holidays()
    else:
        progress("Demonstration: facilities and people …")
        _country()
        _people()
        _around_the_clock()


def _types() -> None:
    known = set(db.session.scalars(select(FacilityType.code)))
    rows = [row for row in rows_of(country.DATA / "types.csv") if row["code"] not in known]
    db.session.add_all(FacilityType(**{**row, "level": int(row["level"])}) for row in rows)
    db.session.flush()


def _roles() -> None:
    """Store the ready-made roles that are not there; one that was changed by hand stays as it is."""
    known = set(db.session.scalars(select(Role.code)))
    for spec in each(hooks().permissions()):
        if isinstance(spec, RoleSpec) and spec.code not in known:
            labels = {f"label_{language}": _said(spec.label, language) for language in ("en", "fr")}
            db.session.add(Role(code=spec.code, permissions="\n".join(spec.permissions), **labels))
    db.session.flush()


def _said(words: Any, language: str) -> str:
    with force_locale(language):
        return str(words)


def _root() -> None:
    """Store the country itself, so that the first administrator has a place."""
    if db.session.scalar(select(Facility.id).limit(1)):
        return
    code = current_app.config["COUNTRY"]
    kind = db.session.scalars(select(FacilityType).where(FacilityType.code == "country")).one()
    db.session.add(root := Facility(code=code, name=Locale("fr").territories.get(code, code), type=kind))
    db.session.flush()
    root.path = f"/{root.id}/"
    db.session.flush()


def _holidays() -> None:
    """Propose the public holidays of this year and the next."""
    for year in (today().year, today().year + 1):
        calendar.propose(year)


def _around_the_clock() -> None:
    """Let the national hospitals of the demonstration work day and night."""
    query = select(Facility).join(FacilityType).where(FacilityType.code == "national_hospital")
    kept = set(db.session.scalars(select(WorkingHours.facility_id)))
    for place in db.session.scalars(query).all():
        if place.id not in kept:
            calendar.work(place, True, **dict.fromkeys(WEEKDAYS, "24h"))


def _country() -> None:
    """Store the units of the demonstration country that are not there, level by level."""
    found = db.session.connection().execute(select(Facility.code, Facility.id, Facility.path)).all()
    places = {code: (id_, path) for code, id_, path in found}
    every = country.demonstration()
    specs = [spec for spec in every if spec.code not in places]
    _complete(every[0])
    depth = _depths(specs, places)
    for _level, group in groupby(sorted(specs, key=lambda spec: depth[spec.code]), key=lambda spec: depth[spec.code]):
        _store(list(group), places)
    _codes_and_parents(specs, {code: id_ for code, (id_, _path) in places.items()})
    if specs:
        audit.bulk("core.facility", "seed", len(specs), source="demonstration country")


def _complete(root: country.FacilitySpec) -> None:
    """Give the country that the reference rows made its figures and codes."""
    row = db.session.scalar(select(Facility).where(Facility.code == root.code, Facility.latitude.is_(None)))
    if row is not None:
        for name in ("name", "population", "latitude", "longitude"):
            setattr(row, name, getattr(root, name))
        row.codes = [FacilityCode(scheme=scheme, value=value) for scheme, value in root.codes.items()]
        db.session.flush()


def _depths(specs: Iterable[country.FacilitySpec], places: dict[str, Any]) -> dict[str, int]:
    depth = dict.fromkeys(places, 0)
    for spec in specs:
        depth[spec.code] = depth[spec.parent] + 1 if spec.parent else 0
    return depth


SEEDED = "a demonstration of a whole country: one line of the trail says so"
SAME = ("code", "name", "status", "phone", "population", "latitude", "longitude", "opened_on", "closed_on")


def _store(specs: Sequence[country.FacilitySpec], places: dict[str, tuple[int, str]]) -> None:
    """Insert the units of one level, whose parents are stored, and add their places."""
    kinds = dict(db.session.connection().execute(select(FacilityType.code, FacilityType.id)).all())
    parents = [places[spec.parent] if spec.parent else (None, "/") for spec in specs]
    rows = [
        {**{name: getattr(spec, name) for name in SAME}, "type_id": kinds[spec.type], "parent_id": parent, "path": ""}
        for spec, (parent, _path) in zip(specs, parents, strict=True)
    ]
    query = beside(insert(Facility).returning(Facility.id, sort_by_parameter_order=True), SEEDED)
    ids = db.session.connection().execute(query, rows).scalars().all()
    paths = [f"{path}{id_}/" for id_, (_parent, path) in zip(ids, parents, strict=True)]
    change = beside(update(Facility).where(Facility.id == bindparam("key")).values(path=bindparam("new")), SEEDED)
    db.session.connection().execute(change, [{"key": id_, "new": path} for id_, path in zip(ids, paths, strict=True)])
    places |= {spec.code: (id_, path) for spec, id_, path in zip(specs, ids, paths, strict=True)}


def _codes_and_parents(specs: Iterable[country.FacilitySpec], ids: dict[str, int]) -> None:
    codes = [
        {"facility_id": ids[spec.code], "scheme": scheme, "value": value}
        for spec in specs
        for scheme, value in spec.codes.items()
    ]
    parents = [
        {"facility_id": ids[spec.code], "parent_id": ids.get(parent), "valid_from": since, "valid_to": until}
        | {"parent_name": ""}
        for spec in specs
        for parent, since, until in spec.former_parents
    ]
    for model, rows in ((FacilityCode, codes), (FacilityParent, parents)):
        if rows:
            db.session.connection().execute(beside(insert(model), SEEDED), rows)


def _people() -> None:
    """Store the demonstration users whose role and place exist; all have the same password."""
    places = {row.code: row for row in db.session.scalars(select(Facility).where(Facility.code.in_(_places())))}
    roles = {role.code: role for role in db.session.scalars(select(Role))}
    wards = {row.code: row for row in db.session.scalars(select(Facility).where(Facility.code.in_(_wards())))}
    root = db.session.scalars(select(Facility).where(Facility.parent_id.is_(None)).order_by(Facility.id)).first()
    known = set(db.session.scalars(select(User.login)))
    password_hash = passwords.HASHER.hash(demo.PASSWORD)
    for person in PEOPLE:
        if person.login not in known and person.role in roles:
            place = places[person.facility]
            user = User(
                login=person.login, name=person.name, email=person.email, facility=place, password_hash=password_hash
            )
            db.session.add(user)
            db.session.add(Grant(user=user, role=roles[person.role], facility=place))
            if person.heads and HEAD in roles:
                db.session.add(Grant(user=user, role=roles[HEAD], facility=wards[person.heads]))
            for code in person.national:
                if code in roles:
                    db.session.add(Grant(user=user, role=roles[code], facility=root))
    db.session.flush()


def _places() -> list[str]:
    return [person.facility for person in PEOPLE]


def _wards() -> list[str]:
    return [person.heads for person in PEOPLE if person.heads]


def is_empty() -> bool:
    """Return whether there are only reference rows: the demonstration is never put on top of real data."""
    places = select(Facility.id).where(Facility.parent_id.is_not(None)).limit(1)
    return not (db.session.scalar(places) or db.session.scalar(select(User.id).limit(1)))
