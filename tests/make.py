"""Makers of rows for tests: a small country with its people."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask.testing import FlaskClient

from core.contract.plugins import each, hooks
from core.contract.ports import RoleSpec
from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from core.facilities.models import Facility, FacilityType
from core.users.accounts.models import User
from core.users.rights.access import access_of
from core.users.rights.models import Grant, Role
from core.users.signin import passwords

PASSWORD = "une phrase facile"
TYPES = [
    ("country", 0, "area"), ("province", 1, "area"), ("district", 2, "office"), ("hospital", 3, "care"),
    ("health_centre", 3, "care"), ("depot", 3, "depot"), ("service", 4, "unit"),
]  # fmt: skip


@dataclass
class World:
    """The places and people of a test; `ids` are kept, rows are loaded when asked."""

    ids: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Facility:
        """Return a facility by its code."""
        return db.session.get(Facility, self.ids[code])  # type: ignore[return-value]

    def user(self, login: str) -> User:
        """Return a user by login."""
        return db.session.get(User, self.users[login])  # type: ignore[return-value]

    def access(self, login: str) -> Access:
        """Return what a user may do."""
        from flask import current_app

        return access_of(self.user(login), current_app.extensions["amagara.permissions"])


def facility(code: str, kind: str, parent: Facility | None = None, **values: Any) -> Facility:
    """Return a stored facility."""
    kind_row = db.session.query(FacilityType).filter_by(code=kind).one()
    row = Facility(code=code, name=values.pop("name", code), type=kind_row, parent=parent, **values)
    db.session.add(row)
    db.session.flush()
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    db.session.flush()
    return row


@cache
def _password_hash() -> str:
    """Return the hash of everybody's password: it is slow on purpose, and made once."""
    return passwords.HASHER.hash(PASSWORD)


def user(login: str, place: Facility, *roles: str, at: Facility | None = None, name: str = "") -> User:
    """Return a stored user with roles at a facility."""
    row = User(login=login, name=name or login.title(), facility=place, password_hash=_password_hash())
    db.session.add(row)
    for code in roles:
        role = db.session.query(Role).filter_by(code=code).one()
        db.session.add(Grant(user=row, role=role, facility=at or place))
    db.session.flush()
    return row


def roles() -> None:
    """Store the ready-made roles of all plugins."""
    for spec in each(hooks().permissions()):
        if isinstance(spec, RoleSpec):
            label = str(spec.label)
            db.session.add(
                Role(code=spec.code, label_en=label, label_fr=label, permissions="\n".join(spec.permissions))
            )
    db.session.flush()


def world() -> World:
    """Return the small country, stored."""
    made = World()
    with unit_of_work(Access.system("test")):
        for code, level, kind in TYPES:
            db.session.add(FacilityType(code=code, label_en=code, label_fr=code, level=level, kind=kind))
        roles()
        country = facility("BI", "country", name="Burundi")
        places = [country, facility("CAMEBU", "depot", country)]
        for province in ("P1", "P2"):
            places.append(top := facility(province, "province", country))
            for district in ("A", "B"):
                places.append(office := facility(f"{province}{district}", "district", top))
                places.append(facility(f"{office.code}-DEPOT", "depot", office))
                places += [facility(f"{office.code}-CDS{n}", "health_centre", office) for n in (1, 2)]
        made.ids = {place.code: place.id for place in places}
        people = [user("admin", country, "administrator"), user("auditor", country, "auditor"), user("nobody", country)]
        made.users = {person.login: person.id for person in people}
    return made


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> None:
    """Sign a client in, as the sign-in page does."""
    answer = client.post("/sign-in", data={"login": login, "password": password})
    assert answer.status_code == 302, answer.text[:2000]
