"""Requisitions for a whole country: proposed by a job that can be stopped and taken up again, counted by district."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, case, func, select, type_coerce

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import Money, db, today
from core.data.errors import Refused
from core.data.work import perform
from core.facilities.models import OPEN, Facility, FacilityType
from core.jobs.services import Progress, job
from plugins.elmis.ledger.models import STORE, Period, StockLocation
from plugins.elmis.requisitions import services
from plugins.elmis.requisitions.models import EDIT, REGULAR, VIEW, Requisition, RequisitionLine
from plugins.elmis.requisitions.progress import CODE

TOGETHER = "requisitions of the places below one whose requisitions may be made"
KIND = "elmis.suggest_country"
SERVING = ("care", "depot")


@job(KIND)
def suggest_country(progress: Progress, on: str = "", policy: str = "adjusted") -> str:
    """Propose the month's requisition of every facility with a store; run again, it goes on where it was."""
    day = date.fromisoformat(on) if on else today()
    wanted = missing(day)
    for number, facility_id in enumerate(wanted, 1):
        refused = _one(facility_id, day, policy)
        progress(number, len(wanted), refused or "")
    return f"/elmis/requisitions/country?month={day:%Y-%m}"


def _one(facility_id: int, day: date, policy: str) -> Any:
    """Propose one facility's requisition in a transaction of its own; return why it could not be, or None."""

    def operation() -> None:
        facility = db.session.get(Facility, facility_id)
        assert facility is not None
        services.propose(facility, day, policy)

    try:
        perform(operation)
    except Refused as refusal:
        return refusal.message
    return None


def missing(day: date) -> Sequence[int]:
    """Return the facilities under the right that have a store and no regular requisition this month, by path."""
    month = day.replace(day=1)
    done = (
        select(Requisition.facility_id)
        .join(Period, Period.id == Requisition.period_id)
        .where(Period.month == month, Requisition.kind == REGULAR, Requisition.state != "cancelled")
    )
    query = (
        select(Facility.id)
        .join(FacilityType, FacilityType.id == Facility.type_id)
        .where(FacilityType.kind.in_(SERVING), Facility.status == OPEN)
        .where(Facility.id.in_(select(StockLocation.facility_id).where(StockLocation.kind == STORE)))
        .where(Facility.id.not_in(done), Facility.id.in_(current().facility_ids(EDIT)))
        .order_by(Facility.path)
    )
    return read_beside(query, TOGETHER).scalars().all()


def last_month() -> date:
    """Return the first day of the last closed month."""
    return (today().replace(day=1) - timedelta(days=1)).replace(day=1)


def month_of(text: str) -> date:
    """Return the month written "2026-11", else the running one."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today().replace(day=1)


@dataclass
class District:
    """The month's requisitions of one district."""

    name: str
    facility_id: int | None = None
    by_state: dict[str, int] = field(default_factory=dict)
    outs: int = 0
    lines: int = 0
    cost: Decimal = Decimal(0)

    @property
    def number(self) -> int:
        """Return how many requisitions there are."""
        return sum(self.by_state.values())


def by_district(month: date) -> list[District]:
    """Return the month's requisitions this person may see, by the place directly above the facility."""
    above, code = select(Facility.id, Facility.name).subquery(), CODE.label("progress")
    quantity = func.coalesce(RequisitionLine.approved, RequisitionLine.requested, RequisitionLine.suggested, 0)
    query = (
        select(
            above.c.id, above.c.name, code, func.count(Requisition.id.distinct()),
            func.sum(case((RequisitionLine.status == "stock_out", 1), else_=0)),
            func.sum(case((quantity > 0, 1), else_=0)),
            type_coerce(func.sum(quantity * type_coerce(RequisitionLine.unit_price, BigInteger)), Money),
        )
        .join(Facility, Facility.id == Requisition.facility_id)
        .join(above, above.c.id == Facility.parent_id)
        .join(Period, Period.id == Requisition.period_id)
        .outerjoin(RequisitionLine, RequisitionLine.requisition_id == Requisition.id)
        .where(Period.month == month, Requisition.facility_id.in_(current().facility_ids(VIEW)))
        .group_by(above.c.id, above.c.name, code)
        .order_by(above.c.name)
    )  # fmt: skip
    found: dict[int, District] = {}
    for place, name, state, number, outs, lines, cost in read_beside(query, TOGETHER):
        one = found.setdefault(place, District(name, place))
        one.by_state[state] = number
        one.outs += outs or 0
        one.lines += lines or 0
        one.cost += cost or Decimal(0)
    return list(found.values())


def total(rows: Sequence[District]) -> District:
    """Return the sum of the districts."""
    whole = District(str(_("All")))
    for one in rows:
        for state, number in one.by_state.items():
            whole.by_state[state] = whole.by_state.get(state, 0) + number
        whole.outs, whole.lines, whole.cost = (
            whole.outs + one.outs,
            whole.lines + one.lines,
            whole.cost + one.cost,
        )
    return whole
