"""Closed months: their figures were reported, so what is dated in one is for who may adjust stocks, and is asked."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db, local, today
from core.data.errors import Refused
from core.data.work import ask, written_at
from core.facilities.models import Facility
from plugins.elmis.ledger.models import Period

ADJUST = "elmis.stock.adjust"


def closed(months: Iterable[date]) -> set[date]:
    """Return those of some months (their first days) that are closed."""
    query = select(Period.month).where(Period.month.in_(set(months)), Period.closed)
    return set(db.session.execute(query).scalars())


def may_enter(place: Any) -> bool:
    """Return whether this person may enter what is dated in closed months at a facility, by rights of his own."""
    return replace(current(), everything=False).can(ADJUST, place)


def refusal(month: date) -> Words:
    """Return what is said to who may not."""
    return _(
        "The month %(month)s is closed: its figures were reported. Enter a later day, or ask a stock manager.",
        month=f"{month:%m/%Y}",
    )


def question(month: date) -> Words:
    """Return what is asked of who may."""
    return _(
        "The month %(month)s is closed: its reported figures will no longer be those of the ledger.",
        month=f"{month:%m/%Y}",
    )


def check(days: Iterable[tuple[date, Facility]], field: str | None = None) -> str:
    """Return what the person confirmed of days in closed months at some facilities, or "".

    What was written down in its own month, on a device without a network, is taken though that was closed before it
    arrived. Raises Refused for who may not adjust stocks there by rights of his own, whatever he does on behalf of
    another side.
    """
    first, said, then = today().replace(day=1), "", written_at()
    own = None if then is None else local(then).date().replace(day=1)
    late = {(on, place) for on, place in days if on < first and on.replace(day=1) != own}
    if not late or current().user_id is None:
        return said
    shut = closed(on.replace(day=1) for on, _place in late)
    for on, place in sorted(late, key=lambda pair: (pair[0], pair[1].id)):
        if on.replace(day=1) in shut:
            if not may_enter(place):
                raise Refused(refusal(on), field=field)
            said = ask("closed_month", question(on), about=f"{on}", field=field)
    return said
