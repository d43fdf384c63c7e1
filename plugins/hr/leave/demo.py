"""The leave of the demonstration, in every state: at the health centres and the hospital of the district to try."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.calendars import calendar_of
from core.data.db import db, today
from core.data.errors import Invalid
from core.facilities.models import Facility
from core.users.accounts.models import User
from plugins.hr.leave import services
from plugins.hr.leave.interim import candidates
from plugins.hr.leave.models import LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import leaves_of
from plugins.hr.leave.service import service_of
from plugins.hr.posts.models import TITULAR, Assignment
from plugins.hr.posts.services import present

WHO = "Démonstration"
FULL, ENDED = ("favour", "approve"), ("favour", "approve", "attest")
LEAVES: list[tuple[str, int, int, tuple[str, ...]]] = [  # kind, days from today, days, steps after the request
    ("annual", 20, 10, ()),
    ("annual", 27, 15, ("favour",)),
    ("annual", 13, 20, ("disfavour",)),
    ("annual", 34, 10, FULL),
    ("annual", -6, 10, FULL),  # under way
    ("annual", -30, 10, FULL),  # not back yet
    ("annual", -50, 10, ENDED),
    ("annual", 25, 8, ("favour", "refuse")),
    ("circumstance", 15, 4, (*FULL, "revoke")),
    ("annual", 60, 5, ("draft",)),
    ("sick", -4, 12, FULL),
    ("maternity", -30, 98, FULL),
    ("paternity", 9, 10, ("favour",)),
    ("sick", -45, 15, ENDED),
    ("circumstance", 3, 3, ()),
]
PLACES = ("CDS-KAYANZA-01", "HOP-KAYANZA", "CDS-KAYANZA-02")
SAID: dict[str, Any] = {
    "disfavour": {"reason": "Deux collègues sont déjà absents ces jours-là."},
    "refuse": {"reason": "Campagne de vaccination : demandez d’autres jours."},
    "revoke": {"reason": "Nécessité du service"},
}


def load() -> None:
    """Insert leave in every state, where there is none yet and people work at the places to try."""
    if db.session.scalar(select(LeaveRequest.id).limit(1)) is not None:
        return
    kinds = {row.code: row for row in db.session.scalars(select(LeaveType))}
    people = [_people(code) for code in PLACES]
    with acting(Access.system(WHO)):
        for number, (kind, ahead, days, steps) in enumerate(LEAVES):
            _tried(people[number % len(people)], kinds[kind], ahead, days, steps)
        for ahead, days, steps in ((-58, 8, ENDED), (45, 5, FULL)):
            _tried(_people(PLACES[0], "agent"), kinds["annual"], ahead, days, steps)


def _people(code: str, login: str = "") -> Iterator[Assignment]:
    """Yield who works at a place and below: those without an account, or the one whose account is named."""
    here = db.session.scalar(select(Facility.path).where(Facility.code == code)) or "/none/"
    query = select(Assignment).join(Facility, Facility.id == Assignment.facility_id)
    query = query.where(Facility.path.startswith(here), Assignment.kind == TITULAR, present())
    for held in db.session.scalars(query.order_by(Assignment.id)).all():
        user = service_of(held.person_id).user_id
        if (user is None) if not login else (user is not None and user == _account(login)):
            yield held


def _account(login: str) -> int | None:
    return db.session.scalar(select(User.id).where(User.login == login))


def _tried(people: Iterator[Assignment], kind: LeaveType, ahead: int, days: int, steps: tuple[str, ...]) -> None:
    """Let the first of some people take a leave to whom no rule forbids it: one who was recruited lately may not."""
    for held in people:
        first = calendar_of(held.facility).working_day_after(today() + timedelta(days=ahead))
        then = "draft" if steps == ("draft",) else ""
        try:
            row = services.ask_for(held, kind=kind, first_day=first, number=days, then=then)
        except Invalid:
            continue
        for action in steps:
            if action != "draft":
                getattr(services, action)(row, **_said(action, row))
        return


def _said(action: str, row: LeaveRequest) -> dict[str, Any]:
    if action == "attest":
        return {"resumed_on": min(row.back_on, today())}
    if action == "favour":
        free = (each for each in candidates(row) if service_of(each).user_id is None and not leaves_of(each))
        return {"stand_in": next(free, None)}
    if action == "approve":
        return {"stand_in": row.stand_in_id}
    return dict(SAID[action])
