"""From the suggestion to an approved requisition: propose, change, confirm, approve, return, make an order."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from typing import cast as typed

from sqlalchemy import Table, insert, select, union_all

from core.contract.ports import Words
from core.contract.words import _
from core.data import poured
from core.data.access import current
from core.data.bulk import beside, read_beside
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Missing, Refused
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import emit
from core.facilities.models import Facility
from core.users.directory.services import holders, named
from plugins.elmis import series
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.policies import USUAL
from plugins.elmis.ledger.models import Period, StockReport
from plugins.elmis.promises.models import Order
from plugins.elmis.promises.services import Wanted, create
from plugins.elmis.replenishment.services import Proposal, suggest
from plugins.elmis.requisitions import approvals
from plugins.elmis.requisitions.coming import expected
from plugins.elmis.requisitions.doubts import ask_moved, ask_total, ask_undecided
from plugins.elmis.requisitions.models import EDIT, EMERGENCY, REGULAR, REPORT, SET_UP, Requisition, RequisitionLine
from plugins.elmis.requisitions.states import OPEN_TO_EDITS
from plugins.elmis.requisitions.steps import refuse_unless_open, signature, signing, step

LINE = typed(Table, RequisitionLine.__table__)
PROPOSED = "lines of a requisition that this person may make, each written in the trail with it"
SAID = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def shut(month: date) -> Words:
    """Return what is said of a month that takes no more requisitions and reports, and who can open it again."""
    country = db.session.scalar(select(Facility.path).where(Facility.parent_id.is_(None)).limit(1)) or ""
    people = ", ".join(named(holders(SET_UP, country)))
    facts = {"month": f"{month:%m/%Y}", "people": people}
    if not people:
        return _("%(month)s is closed: choose another date.", **facts)
    return _("%(month)s is closed: choose another date, or ask %(people)s to open it again.", **facts)


def period_of(day: date) -> Period:
    """Return the month of a day, made when it is first used; Refused when it is closed."""
    month = day.replace(day=1)
    period = db.session.scalar(select(Period).where(Period.month == month))
    if period is None:
        db.session.add(period := Period(month=month))
        db.session.flush()
    if period.closed:
        raise Refused(shut(month), field="on")
    return period


def propose(facility: Facility, on: date | None = None, policy: str = USUAL, kind: str = REGULAR) -> Requisition:
    """Return the facility's requisition for the month of `on`, in state suggested, with every input kept.

    A requisition of this month that is still open to changes is computed anew; its typed quantities stay.
    Refused when the month's regular requisition has left the facility already.
    """
    current().require(EDIT, facility)
    on = on or today()
    if on > today():
        raise Refused(_("This day is still to come."), field="on")
    period = _locked(facility, on)
    found = _same_month(facility, period, kind)
    if found is not None:
        return recalculate(found, on, policy)
    row = _new(facility, period, on, policy, kind)
    _write(row, suggest(facility, on, policy, expected(facility)))
    return row


def urgent(facility: Facility) -> Requisition:
    """Return the emergency requisition of this month that is still open to changes, else a new one without lines."""
    current().require(EDIT, facility)
    period = _locked(facility, today())
    return _same_month(facility, period, EMERGENCY) or _new(facility, period, today(), USUAL, EMERGENCY)


def _locked(facility: Facility, on: date) -> Period:
    """Return the month of a day once nobody else makes a requisition of the facility."""
    db.session.execute(select(Facility.id).where(Facility.id == facility.id).with_for_update())
    return period_of(on)


def of_month(facility: Facility, month: date, kind: str = REGULAR) -> Sequence[Requisition]:
    """Return the requisitions of a facility in the month that begins on a day, the newest first."""
    query = select(Requisition).where(Requisition.facility_id == facility.id, Requisition.period.has(month=month))
    return db.session.scalars(query.where(Requisition.kind == kind).order_by(Requisition.id.desc())).all()


def _same_month(facility: Facility, period: Period, kind: str) -> Requisition | None:
    """Return the requisition of this month that may still be changed; Refused if one is on its way."""
    for row in of_month(facility, period.month, kind):
        if row.state in OPEN_TO_EDITS:
            return row
        if kind == REGULAR and row.state != "cancelled":
            words = _("The requisition of this month is %(number)s already.", number=row.number)
            raise Refused(words, field="facility")
    return None


def _new(facility: Facility, period: Period, on: date, policy: str, kind: str) -> Requisition:
    row = Requisition(
        number=next_number(series.REQUISITION, on=on), facility_id=facility.id,
        supplier_id=approvals.supplier_of(facility).id, period=period, kind=kind, state="suggested",
        policy=policy, as_of=on,
        created_by_id=current().user_id, currency=_currency(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    record(row, "propose", "", "suggested")
    emit("elmis.requisition.proposed", row, number=row.number, facility=row.facility.name)
    return row


def _currency() -> str:
    found = db.session.scalar(select(Product.currency).where(Product.currency != "").limit(1))
    return found or "BIF"


def recalculate(row: Requisition, on: date | None = None, policy: str | None = None) -> Requisition:
    """Return the requisition computed anew, on a day and by a policy; what was typed stays."""
    current().require(EDIT, row.facility)
    refuse_unless_open(row)
    row.as_of, row.policy = on or today(), policy or row.policy
    row.period, row.computed_at = period_of(row.as_of), utcnow()
    row.version += 1
    _fill(row, suggest(row.facility, row.as_of, row.policy, expected(row.facility)))
    record(row, "recalculate", row.state, row.state)
    return row


def _fill(row: Requisition, proposals: list[Proposal]) -> None:
    """Write the suggestions on the lines; a line without suggestion stays only if something was typed."""
    known = {line.product_id: line for line in row.lines}
    for position, proposal in enumerate(proposals):
        line = known.pop(proposal.product.id, None) or RequisitionLine(product_id=proposal.product.id)
        for name, value in _figures(proposal, position).items():
            setattr(line, name, value)
        if line.requisition is None:
            row.lines.append(line)
    for rest in known.values():
        if rest.requested is None:
            row.lines.remove(rest)
            db.session.delete(rest)
    db.session.flush()


def _write(row: Requisition, proposals: Sequence[Proposal]) -> None:
    """Write the lines of a new requisition at once, each with its line in the trail, as if made by hand."""
    plain = {"requisition_id": row.id, "requested": None, "approved": None, "reason": "", "approval_reason": ""}
    values = {
        proposal.product.id: {**plain, "product_id": proposal.product.id, **_figures(proposal, position)}
        for position, proposal in enumerate(proposals)
    }
    if not values:
        return
    connection = db.session.connection()
    connection.execute(beside(insert(LINE), PROPOSED), list(values.values()))
    query = select(LINE.c.id, LINE.c.product_id).where(LINE.c.requisition_id == row.id).order_by(LINE.c.id)
    made = read_beside(query, PROPOSED)
    poured.made(RequisitionLine.__entity__, row.facility_id, {id_: values[product] for id_, product in made})
    db.session.expire(row, ["lines"])


def add_line(row: Requisition, found: Proposal) -> RequisitionLine:
    """Return the line of a product beside those that a requisition has."""
    line = RequisitionLine(product_id=found.product.id, **_figures(found, len(row.lines)))
    row.lines.append(line)
    db.session.flush()
    return line


def _figures(proposal: Proposal, position: int) -> dict[str, Any]:
    """Return the columns of a line that keep every input and step of a suggestion."""
    return {**proposal.report(), **proposal.figures(), "position": position, "working": SAID(proposal.snapshot())}


def load(requisition_id: int, version: int | None = None) -> Requisition:
    """Return a requisition, locked and fresh; Conflict when it is not the version that was seen."""
    query = select(Requisition).where(Requisition.id == requisition_id).with_for_update()
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise Missing(None)
    if version is not None:
        refuse_stale(row, version)
    return row


def refuse_stale(row: Requisition, version: int) -> None:
    """Raise Conflict unless the requisition is still the version that was seen."""
    if row.version != version:
        raise Conflict(_("Somebody changed this requisition meanwhile. Reload the page to see it."))


def confirm(row: Requisition) -> None:
    """Confirm the requisition, or send the report: the month counts as reported."""
    current().require(EDIT, row.facility)
    if row.kind == REPORT:
        step(row, "report")
    else:
        _refuse_empty(row)
        ask_moved(row)
        ask_total(row)
        ask_undecided(row)
        step(row, "confirm")
        row.confirmed_by_id, row.signatures = current().user_id, frozenset()
        row.place = approvals.signature_places(row)[0]
    report(row.facility, row.period.month)


def _refuse_empty(row: Requisition) -> None:
    if row.state in OPEN_TO_EDITS and not any(line.quantity for line in row.lines):
        raise Refused(_("Nothing is asked for: give a quantity, or cancel the requisition."))


def approve(row: Requisition) -> None:
    """Sign the requisition as its state asks: authorise, approve and pass on, or approve for good."""
    with signing(row) as hand:
        ask_moved(row)
        missing = approvals.pending(row)
        due, number = signature(row, missing, hand), approvals.signed_for(missing, hand)
        if number is not None:
            approvals.ask_in_place(row, missing[number])
        step(row, due)
    row.signatures = row.signatures | {number}
    row.place = next(place for one, place in missing.items() if one != number) if due != "approve" else None
    if due == "approve":
        for line in row.lines:
            line.approved = line.quantity
    db.session.flush()


def return_(row: Requisition, reason: str) -> None:
    """Send the requisition back to the facility, which may change and confirm it again."""
    step(row, "return", reason)
    row.place, row.signatures = None, frozenset()
    for line in row.lines:
        line.approved, line.approval_reason = None, ""
    db.session.flush()


def revise(row: Requisition) -> None:
    """Open the requisition for changes."""
    step(row, "revise")


def cancel(row: Requisition, reason: str) -> None:
    """Give the requisition up."""
    step(row, "cancel", reason)
    row.place = None


def convert(row: Requisition) -> Order:
    """Return the depot's order made from an approved requisition; lines of 0 are left out."""
    step(row, "convert")
    wanted = [
        Wanted(line.product_id, line.asked, line.quantity, line.pack_size, line.unit_price)
        for line in row.lines
        if line.quantity > 0
    ]
    order = create(
        row.supplier, row.facility, wanted, row.currency, urgent=row.kind == EMERGENCY, requisition_id=row.id
    )
    record(order, "create", "", "to_prepare", note=row.number)
    return order


STEPS: dict[str, Callable[..., Any]] = {
    "confirm": confirm, "report": confirm, "authorise": approve, "approve": approve, "pass_on": approve,
    "return": return_, "revise": revise, "cancel": cancel, "convert": convert,
}  # fmt: skip


def told(facility: Facility, month: date) -> bool:
    """Return whether a facility has declared a month, or the month is closed."""
    declared = select(StockReport.id).where(StockReport.facility_id == facility.id, StockReport.month == month)
    closed = select(Period.id).where(Period.month == month, Period.closed)
    return read_beside(union_all(declared, closed), "who may declare months is told").first() is not None


def report(facility: Facility, month: date) -> StockReport:
    """Return the facility's word that its records of a month are complete, given once."""
    current().require(EDIT, facility)
    month = month.replace(day=1)
    query = select(StockReport).where(StockReport.facility_id == facility.id, StockReport.month == month)
    row = db.session.scalar(query)
    if row is None:
        if month > today():
            raise Refused(_("This month is still to come."))
        if db.session.scalar(select(Period.closed).where(Period.month == month)):
            raise Refused(shut(month))
        db.session.add(row := StockReport(facility_id=facility.id, month=month))
        db.session.flush()
    return row
