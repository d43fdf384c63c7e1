"""From the suggestion to an approved order: propose, change, confirm, approve, return, make an order."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import Access, current
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Missing, Refused
from core.data.numbers import next_number
from core.data.states import Transition, record
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis.replenishment.services import Proposal, suggest
from plugins.elmis.requisitions import approvals
from plugins.elmis.requisitions.doubts import ask_moved, ask_unusual
from plugins.elmis.requisitions.models import (
    APPROVE,
    EDIT,
    REGULAR,
    REPORT,
    Period,
    Requisition,
    RequisitionLine,
    StockReport,
)
from plugins.elmis.requisitions.states import MACHINE, OPEN_TO_EDITS, WAITING_APPROVAL

LARGEST = 10**12  # base units: more is a slip of the keyboard
Typed = Mapping[int, int | None]


def period_of(day: date) -> Period:
    """Return the month of a day, made when it is first used; Refused when it is closed."""
    month = day.replace(day=1)
    period = db.session.scalar(select(Period).where(Period.month == month))
    if period is None:
        db.session.add(period := Period(month=month))
        db.session.flush()
    if period.closed:
        raise Refused(_("%(month)s is closed: choose another date.", month=f"{month:%m/%Y}"), field="on")
    return period


def propose(facility: Facility, on: date | None = None, policy: str = "adjusted", kind: str = REGULAR) -> Requisition:
    """Return the facility's order for the month of `on`, in state suggested, with every input kept.

    An order of this month that is still open to changes is computed anew; its typed quantities stay.
    Refused when the month's regular order has left the facility already.
    """
    current().require(EDIT, facility)
    on = on or today()
    if on > today():
        raise Refused(_("This day is still to come."), field="on")
    db.session.execute(select(Facility.id).where(Facility.id == facility.id).with_for_update())
    period = period_of(on)
    found = _same_month(facility, period, kind)
    if found is not None:
        return recalculate(found, on, policy)
    row = _new(facility, period, on, policy, kind)
    _fill(row, suggest(facility, on, policy))
    record(row, "propose", "", "suggested")
    emit("elmis.requisition.proposed", row, number=row.number)
    return row


def _same_month(facility: Facility, period: Period, kind: str) -> Requisition | None:
    """Return the order of this month that may still be changed; Refused if one is on its way."""
    query = select(Requisition).where(Requisition.facility_id == facility.id, Requisition.period_id == period.id)
    rows = db.session.scalars(query.where(Requisition.kind == kind).order_by(Requisition.id.desc())).all()
    for row in rows:
        if row.state in OPEN_TO_EDITS:
            return row
        if kind == REGULAR and row.state != "cancelled":
            raise Refused(_("The order of this month is %(number)s already.", number=row.number), field="facility")
    return None


def _new(facility: Facility, period: Period, on: date, policy: str, kind: str) -> Requisition:
    row = Requisition(
        number=next_number("RQ", year=on.year), facility_id=facility.id, supplier_id=approvals.supplier_of(facility).id,
        period=period, kind=kind, state="suggested", policy=policy, as_of=on,
        created_by_id=current().user_id, currency=_currency(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _currency() -> str:
    from plugins.elmis.catalogue.models import Product

    found = db.session.scalar(select(Product.currency).where(Product.currency != "").limit(1))
    return found or "BIF"


def recalculate(row: Requisition, on: date | None = None, policy: str | None = None) -> Requisition:
    """Return the order computed anew, on a day and by a policy; what was typed stays."""
    current().require(EDIT, row.facility)
    _refuse_unless(row, OPEN_TO_EDITS)
    row.as_of, row.policy = on or today(), policy or row.policy
    row.period, row.computed_at = period_of(row.as_of), utcnow()
    row.version += 1
    _fill(row, suggest(row.facility, row.as_of, row.policy))
    record(row, "recalculate", row.state, row.state)
    return row


def _fill(row: Requisition, proposals: list[Proposal]) -> None:
    """Write the suggestions on the lines; a line without suggestion stays only if something was typed."""
    known = {line.product_id: line for line in row.lines}
    for position, proposal in enumerate(proposals):
        line = known.pop(proposal.product.id, None) or RequisitionLine(product=proposal.product)
        _snapshot(line, proposal, position)
        if line.requisition is None:
            row.lines.append(line)
    for rest in known.values():
        if rest.requested is None:
            row.lines.remove(rest)
            db.session.delete(rest)
    db.session.flush()


def _snapshot(line: RequisitionLine, proposal: Proposal, position: int) -> None:
    """Keep every input and step of a suggestion on its line."""
    values = {**proposal.report(), **proposal.figures(), "position": position}
    for name, value in values.items():
        setattr(line, name, value)
    line.working = json.dumps(proposal.snapshot(), ensure_ascii=False, separators=(",", ":"))


def load(requisition_id: int, version: int | None = None) -> Requisition:
    """Return an order, locked and fresh; Conflict when it is not the version that was seen."""
    query = select(Requisition).where(Requisition.id == requisition_id).with_for_update()
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise Missing(None)
    if version is not None:
        refuse_stale(row, version)
    return row


def refuse_stale(row: Requisition, version: int) -> None:
    """Raise Conflict unless the order is still the version that was seen."""
    if row.version != version:
        raise Conflict(_("Somebody changed this order meanwhile. Reload the page to see it."))


def _refuse_unless(row: Requisition, states: tuple[str, ...]) -> None:
    if row.state not in states:
        raise Conflict(
            _("This step is no longer possible: the state is now “%(state)s”.", state=MACHINE.state(row).label)
        )


def type_quantities(row: Requisition, typed: Typed, reason: str = "") -> int:
    """Write typed quantities, as the facility's or as the approver's by the state; return how many changed."""
    return reduce(row, typed, reason) if row.state in WAITING_APPROVAL else change(row, typed, reason)


def change(row: Requisition, typed: Typed, reason: str = "") -> int:
    """Write the quantities the facility asks for, {line id: base units or None}; return how many changed.

    None or the suggested figure takes the suggestion back. Any other figure needs a reason, unless there
    was no CMM to suggest one.
    """
    current().require(EDIT, row.facility)
    _refuse_unless(row, OPEN_TO_EDITS)
    changed = 0
    for line, value in _lines(row, typed):
        wanted = None if value == (line.suggested or 0) else value
        if wanted != line.requested:
            _ask(line, wanted, reason)
            changed += 1
    if changed:
        if row.state == "suggested" or row.state == "returned":
            step(row, "revise")
        row.version += 1
        db.session.flush()
    return changed


def _ask(line: RequisitionLine, wanted: int | None, reason: str) -> None:
    words = reason.strip() or line.reason
    if wanted is not None and line.cmm is not None and not words:
        raise Refused(_("Say why you ask for another quantity than suggested."), field="reason")
    before = line.requested if line.requested is not None else line.suggested
    line.requested, line.reason = wanted, "" if wanted is None else words[:300]
    _remember(line, "change", before, line.suggested if wanted is None else wanted, words)


def reduce(row: Requisition, typed: Typed, reason: str) -> int:
    """Write the quantities an approver grants, none above what was asked; return how many changed."""
    _refuse_signature(row, current())
    changed = 0
    for line, value in _lines(row, typed):
        asked = _asked(line)
        granted = None if value is None or value == asked else value
        if granted == line.approved:
            continue
        if granted is not None and granted > asked:
            raise Refused(_("An approver may reduce a quantity, not raise it."), field=f"q{line.id}")
        if granted is not None and not (reason.strip() or line.approval_reason):
            raise Refused(_("Say why you reduce a quantity."), field="reason")
        words = reason.strip() or line.approval_reason
        before, line.approved = line.quantity, granted
        line.approval_reason = "" if granted is None else words[:300]
        _remember(line, "reduce", before, line.quantity, words)
        changed += 1
    row.version += bool(changed)
    db.session.flush()
    return changed


def _asked(line: RequisitionLine) -> int:
    return line.requested if line.requested is not None else line.suggested or 0


def _lines(row: Requisition, typed: Typed) -> list[tuple[RequisitionLine, int | None]]:
    """Return the lines with what was typed for each; Refused for a figure that cannot be."""
    lines = {line.id: line for line in row.lines}
    if unknown := set(typed) - set(lines):
        raise Refused(_("This order has no such line: %(line)s.", line=min(unknown)))
    for key, value in typed.items():
        if value is not None and not 0 <= value <= LARGEST:
            raise Refused(_("Give a whole number of units, 0 or more."), field=f"q{key}")
    return [(lines[key], value) for key, value in typed.items()]


def _remember(line: RequisitionLine, action: str, before: int | None, after: int | None, reason: str) -> None:
    """Keep a changed quantity in the order's history, beside the audit trail."""
    row = line.requisition
    text = f"{line.product.code}: {before if before is not None else '–'} → {after if after is not None else '–'}"
    record(row, action, row.state, row.state, f"{text}. {reason}".strip(". "))


def actions(row: Requisition, access: Access | None = None) -> list[Transition]:
    """Return the steps this person may take now: those of the table, less what kind, level and signatures forbid."""
    access = access or current()
    due = _signature(row) if may_sign(row, access) else ""
    return [each for each in MACHINE.actions(row, access) if _fits(row, each.action, due)]


def _fits(row: Requisition, action: str, due: str) -> bool:
    if action in ("confirm", "report"):
        return (row.kind == REPORT) == (action == "report")
    return row.state not in WAITING_APPROVAL or action in ("return", due)


def _signature(row: Requisition) -> str:
    """Return the step that is due: the head's authorisation, an approval that passes on, or the last one."""
    if row.state == "confirmed" and approvals.needs_authorisation(row):
        return "authorise"
    return "approve" if row.level + 1 >= len(approvals.approval_places(row)) else "pass_on"


def _signed(row: Requisition, access: Access) -> bool:
    return access.user_id is not None and access.user_id in approvals.signatories(row)


def may_sign(row: Requisition, access: Access) -> bool:
    """Return whether this person may approve the order as it stands now."""
    waits = row.state in WAITING_APPROVAL
    return waits and access.can(APPROVE, row.place) and not _signed(row, access)


def _refuse_signature(row: Requisition, access: Access) -> None:
    _refuse_unless(row, WAITING_APPROVAL)
    access.require(APPROVE, row.place)
    if _signed(row, access):
        raise Refused(_("You signed this order already: somebody else must approve it."))


def step(row: Requisition, action: str, reason: str = "") -> None:
    """Take a step of the table: state, right and reason are checked, the history is written, others are told."""
    MACHINE.advance(row, action, reason)
    row.moved_at, row.version = utcnow(), row.version + 1
    db.session.flush()
    emit(f"elmis.requisition.{row.state}", row, number=row.number)


def confirm(row: Requisition) -> None:
    """Confirm the order, or send the report: the month counts as reported."""
    current().require(EDIT, row.facility)
    if row.kind == REPORT:
        step(row, "report")
    else:
        _refuse_empty(row)
        ask_moved(row)
        ask_unusual(row)
        step(row, "confirm")
        row.confirmed_by_id, row.level = current().user_id, 0
        row.place = row.facility if approvals.needs_authorisation(row) else approvals.approval_places(row)[0]
    report(row.facility, row.period.month)


def _refuse_empty(row: Requisition) -> None:
    if row.state in OPEN_TO_EDITS and not any(line.quantity for line in row.lines):
        raise Refused(_("Nothing is ordered: give a quantity, or cancel the order."))


def approve(row: Requisition) -> None:
    """Sign the order as its state asks: authorise, approve and pass on, or approve for good."""
    _refuse_signature(row, current())
    due = _signature(row)
    places = approvals.approval_places(row)
    step(row, due)
    row.level += due == "pass_on"
    row.place = places[row.level] if due != "approve" else None
    if due == "approve":
        for line in row.lines:
            line.approved = line.quantity
    db.session.flush()


def return_(row: Requisition, reason: str) -> None:
    """Send the order back to the facility, which may change and confirm it again."""
    step(row, "return", reason)
    row.place, row.level = None, 0
    for line in row.lines:
        line.approved, line.approval_reason = None, ""
    db.session.flush()


def revise(row: Requisition) -> None:
    """Open the order for changes."""
    step(row, "revise")


def cancel(row: Requisition, reason: str) -> None:
    """Give the order up."""
    step(row, "cancel", reason)
    row.place = None


def convert(row: Requisition) -> Any:
    """Return the depot's order made from an approved requisition."""
    from plugins.elmis.orders.services import create_from

    step(row, "convert")
    return create_from(row)


STEPS = {
    "confirm": lambda row, reason: confirm(row),
    "report": lambda row, reason: confirm(row),
    "authorise": lambda row, reason: approve(row),
    "approve": lambda row, reason: approve(row),
    "pass_on": lambda row, reason: approve(row),
    "return": return_,
    "revise": lambda row, reason: revise(row),
    "cancel": cancel,
    "convert": lambda row, reason: convert(row),
}


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
            raise Refused(_("%(month)s is closed.", month=f"{month:%m/%Y}"))
        db.session.add(row := StockReport(facility_id=facility.id, month=month))
        db.session.flush()
    return row
