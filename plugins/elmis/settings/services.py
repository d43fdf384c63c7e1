"""Supply lines, ways of goods, levels of approval, closed months and the reasons of movements."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.data.states import Step, history, record
from core.data.work import ask, explain
from core.facilities.models import OPEN, Facility, FacilityType
from plugins.elmis.ledger.models import Period, Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.promises.machines import UNDERWAY
from plugins.elmis.promises.models import Shipment
from plugins.elmis.requisitions.approvals import nearest_depot, supplier_of
from plugins.elmis.requisitions.models import ITSELF, SET_UP, ApprovalLevel, Requisition, SupplyLine
from plugins.elmis.requisitions.states import ON_THE_WAY
from plugins.elmis.store.kinds import CHOSEN
from plugins.elmis.transfers.models import TransferRequest

FARTHEST = 20  # suppliers one behind the other
THEN = " → "


def save_supply_line(line: SupplyLine | None, facility: Facility, supplier: Facility) -> SupplyLine:
    """Return the line, new or changed; a second one of a facility and goods that go in a circle are Refused."""
    current().require(SET_UP)
    twin = db.session.scalar(select(SupplyLine.id).where(SupplyLine.facility_id == facility.id))
    if twin is not None and (line is None or twin != line.id):
        raise Refused(_("%(facility)s has a supply line already. Change that one.", facility=facility.name), "facility")
    if supplier.status != OPEN:
        raise Refused(_("%(facility)s is closed.", facility=supplier.name), "supplier")
    if facility.id in _behind(supplier):
        words = _("%(supplier)s is itself supplied by %(facility)s.", supplier=supplier.name, facility=facility.name)
        raise Refused(_("A facility does not supply itself.") if supplier.id == facility.id else words, "supplier")
    line = line or SupplyLine()
    line.facility, line.supplier = facility, supplier
    db.session.add(line)
    db.session.flush()
    return line


def _behind(supplier: Facility) -> list[int]:
    """Return the supplier, who supplies it, who supplies that one …"""
    chain = [supplier]
    while len(chain) < FARTHEST:
        try:
            chain.append(supplier_of(chain[-1]))
        except Refused:
            break
    return [place.id for place in chain]


def remove_supply_line(line: SupplyLine) -> None:
    """Remove a line, once it was said yes to: the nearest depot supplies the facility again."""
    current().require(SET_UP)
    ask("line_ends", _line_ends(line), about=f"{line.facility_id}/{line.supplier_id}")
    db.session.delete(line)
    db.session.flush()


def _line_ends(line: SupplyLine) -> Words:
    """Return what happens without a supply line: who supplies from then on, and what stays with the former one."""
    then = nearest_depot(line.facility)
    waits = Requisition.facility_id == line.facility_id, Requisition.supplier_id == line.supplier_id
    query = select(func.count()).select_from(Requisition).where(*waits, Requisition.state.in_(ON_THE_WAY))
    return _(
        "%(facility)s will be supplied by %(then)s, no longer by %(now)s. Requisitions that stay with the latter: "
        "%(open)s.",
        facility=line.facility.name, now=line.supplier.name, then=then.name if then else _("nobody"),
        open=db.session.scalar(query) or 0,
    )  # fmt: skip


def save_way(way: Route | None, from_kind: str, to_kind: str) -> Route:
    """Return the way of goods, new or changed; one that is there already is Refused."""
    current().require(SET_UP)
    twin = select(Route.id).where(Route.from_kind == from_kind, Route.to_kind == to_kind)
    if db.session.scalar(twin) not in (None, way.id if way else None):
        raise Refused(_("Goods may go this way already."), "to_kind")
    if way is not None and (way.from_kind, way.to_kind) != (from_kind, to_kind):
        ask("way_ends", _way_ends(way.from_kind, way.to_kind), about=f"{way.from_kind}/{way.to_kind}")
    way = way or Route()
    way.from_kind, way.to_kind = from_kind, to_kind
    db.session.add(way)
    db.session.flush()
    return way


def end_way(way: Route) -> None:
    """End a way, once it was said yes to: nothing more is sent along it; what is on the way is received."""
    current().require(SET_UP)
    ask("way_ends", _way_ends(way.from_kind, way.to_kind), about=f"{way.from_kind}/{way.to_kind}")
    db.session.delete(way)
    db.session.flush()


def _way_ends(from_kind: str, to_kind: str) -> Words:
    """Return what the end of a way touches: requests nobody has answered, and goods on the road."""
    asked = _along(TransferRequest, from_kind, to_kind).where(TransferRequest.state == "asked")
    sent = _along(Shipment, from_kind, to_kind).where(Shipment.order_id.is_(None), Shipment.state.in_(UNDERWAY))
    return _(
        "%(source)s will send nothing more to %(target)s without an order. Requests that can then only be refused: "
        "%(asked)s. Deliveries on the road, which are still received: %(sent)s.",
        source=KEEPING[from_kind], target=KEEPING[to_kind],
        asked=db.session.scalar(asked) or 0, sent=db.session.scalar(sent) or 0,
    )  # fmt: skip


def _along(model: Any, from_kind: str, to_kind: str) -> Select[Any]:
    """Return the select that counts documents from facilities of one kind to those of another."""

    def of(kind: str) -> Any:
        of_kind = FacilityType.kind == kind
        return select(Facility.id).join(FacilityType, FacilityType.id == Facility.type_id).where(of_kind)

    between = model.supplier_id.in_(of(from_kind)), model.facility_id.in_(of(to_kind))
    return select(func.count()).select_from(model).where(*between)


def levels_of(type_id: int) -> Sequence[ApprovalLevel]:
    """Return the levels of a type of facility, the first one first."""
    query = select(ApprovalLevel).where(ApprovalLevel.type_id == type_id)
    return db.session.scalars(query.order_by(ApprovalLevel.position)).all()


def save_levels(kind: FacilityType, places: Sequence[str]) -> FacilityType:
    """Return the type of facility whose requisitions are approved at these places, one after the other; none: as usual.

    Refused names the field "level1", "level2" … of a place that stands twice, or comes too late.
    """
    current().require(SET_UP)
    for number, place in enumerate(places, 1):
        if place in places[: number - 1]:
            raise Refused(_("This place stands twice."), f"level{number}")
        if place == ITSELF and number > 1:
            raise Refused(_("The facility's own head signs first, or not at all."), f"level{number}")
    kept = levels_of(kind.id)
    for level, place in zip(kept, places, strict=False):
        level.place = place
    for level in kept[len(places) :]:
        db.session.delete(level)
    for number, place in enumerate(places[len(kept) :], len(kept) + 1):
        db.session.add(ApprovalLevel(type_id=kind.id, position=number, place=place))
    db.session.flush()
    record(kind, "levels", "", "", codes=THEN.join(places))  # for `past_levels`
    return kind


def past_levels(kind: FacilityType) -> list[tuple[Step, list[str]]]:
    """Return each choice of places that was made for a type of facility, the latest first."""
    steps = [step for step in reversed(history(kind)) if step.action == "levels"]
    return [(step, step.note.split(THEN) if step.note else []) for step in steps]


def close_month(month: date) -> Period:
    """Return the month, which takes no more requisitions and reports; one that is to come is Refused."""
    current().require(SET_UP)
    month = month.replace(day=1)
    if month > today():
        raise Refused(_("This month is still to come."), "month")
    period = db.session.scalar(select(Period).where(Period.month == month))
    if period is not None and period.closed:
        raise Refused(_("This month is closed already."), "month")
    if month == today().replace(day=1):
        words = _("%(month)s is not over: it will take no more requisitions and reports. Close it already?",
                  month=f"{month:%m/%Y}")  # fmt: skip
        ask("month_running", words, about=f"{month}", field="month")
    period = period or Period(month=month)
    period.closed = True
    db.session.add(period)
    db.session.flush()
    return period


def reopen_month(period: Period) -> Period:
    """Return the month, which takes requisitions and reports again; why is asked, since its figures were reported."""
    current().require(SET_UP)
    words = _("The figures of %(month)s were reported. Why is it opened again?", month=f"{period.month:%m/%Y}")
    explain("month_reopened", words, about=f"{period.month}")
    period.closed = False
    db.session.flush()
    return period


def label_reason(reason: Reason, label_fr: str, label_en: str) -> Reason:
    """Return the reason under other words; words that another reason has are Refused."""
    current().require(SET_UP)
    for name, words in (("label_fr", label_fr), ("label_en", label_en or label_fr)):
        others = db.session.scalars(select(getattr(Reason, name)).where(Reason.id != reason.id))
        if key_of(words) in map(key_of, others):
            raise Refused(_("Another reason has these words."), name)
        setattr(reason, name, words.strip())
    db.session.flush()
    return reason


def may_switch(reason: Reason) -> bool:
    """Return whether a reason is one that people choose; those that the pages set themselves must stay."""
    return reason.code in CHOSEN


def switch_reason(reason: Reason, active: bool) -> Reason:
    """Return the reason, offered from now on or no longer; what was recorded under it stays."""
    current().require(SET_UP)
    if not may_switch(reason):
        raise Refused(_("The pages record this reason by themselves; it cannot be taken out of use."))
    others = select(func.count()).where(Reason.code.in_(CHOSEN), Reason.active, Reason.id != reason.id)
    if not active and not db.session.scalar(others):
        raise Refused(_("This is the last reason of losses in use; one must stay."))
    reason.active = active
    db.session.flush()
    return reason
