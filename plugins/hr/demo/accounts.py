"""A file and a post for each account of the demonstration, so that everybody finds himself."""

import random
from datetime import date

from sqlalchemy import select

from core.data.db import db
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.data.people import PEOPLE
from core.users.data.people import Person as Account
from plugins.hr.demo import licences
from plugins.hr.demo.staff import SEED, Country, store_career
from plugins.hr.persons.services import Line, enter
from plugins.hr.posts.models import Post

STORE, BIOMEDICAL = "preparateur-pharmacie", "technicien-biomedical"
CADRES = {
    "storekeeper": STORE, "stock_manager": STORE, "depot_storekeeper": STORE, "technician": BIOMEDICAL,
    "workshop_head": BIOMEDICAL, "equipment_director": BIOMEDICAL, "ward": "infirmier-licencie",
    "administrator": "statisticien", "auditor": "comptable", "agent": "infirmier-a2", "hr_officer": "gestionnaire",
}  # fmt: skip
PHARMACIST, BORN, BEGUN = "pharmacien", 1978, date(2012, 3, 1)


def load() -> None:
    """Insert the file of each account that there is, and the post that its person holds."""
    draw, known = random.Random(SEED + 1), Country.read()
    users = {row.login: row for row in db.session.scalars(select(User))}
    accounts = [each for each in PEOPLE if each.login in users]
    places = {row.code: row for row in db.session.scalars(select(Facility).where(Facility.code.in_(_codes(accounts))))}
    posts = [_post(each, places[_code(each)], known) for each in accounts]
    db.session.add_all(posts)
    db.session.flush()
    people = enter(_line(each, posts[at].facility, users[each.login].id, at) for at, each in enumerate(accounts))
    for person, post in zip(people, posts, strict=True):
        store_career(person, post, BEGUN, known, draw)
    licences.store(((person, post, BEGUN) for person, post in zip(people, posts, strict=True)), draw)
    db.session.flush()


def _code(account: Account) -> str:
    return account.heads or account.facility


def _codes(accounts: list[Account]) -> list[str]:
    return [_code(each) for each in accounts]


def _post(account: Account, place: Facility, known: Country) -> Post:
    cadre = known.cadres[CADRES.get(account.role, PHARMACIST)]
    return Post(
        facility=place, code=f"P-{account.login}", title=account.title, cadre=cadre, heads=bool(account.heads),
        funding="state", opens_on=date(2008, 1, 1),
    )  # fmt: skip


def _line(account: Account, place: Facility, user_id: int, at: int) -> Line:
    given, _space, surname = account.name.rpartition(" ")
    born = date(BORN + at % 9, 1 + at % 12, 1 + at)
    facts = {"given": given, "surname": surname, "born_on": born, "email": account.email, "user_id": user_id}
    return Line(place, facts, {"matricule": f"{200_100 + 7 * at}.{310 + at}"})
