"""What the page of a requisition shows: its views and lines, its way, its past, and why a quantity is what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import Access
from core.data.calendar import local
from core.data.db import db
from core.data.search import folded
from core.data.states import Step as Taken
from core.web.pages import number
from plugins.elmis.catalogue import measures
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.formulas.suggestion import Suggestion
from plugins.elmis.promises.models import Order
from plugins.elmis.requisitions import doubts
from plugins.elmis.requisitions.doubts import doubtful
from plugins.elmis.requisitions.models import REPORT, VIEW, Requisition, RequisitionLine, words_of
from plugins.elmis.requisitions.states import OPEN_TO_EDITS, WAITING_APPROVAL
from plugins.elmis.store.free import free_stock

SEE_STOCK = "elmis.stock.view"
VIEWS = {
    "asked": _("To request"),
    "out": _("Stock-outs"),
    "over": _("Overstock"),
    "unknown": _("To decide"),
    "changed": _("Changed"),
    "all": _("All"),
}
CYCLE = {
    "confirm": _("Confirmation"),
    "approve": _("Approval"),
    "prepare": _("Preparation"),
    "travel": _("Delivery"),
    "receive": _("Receipt"),
}
STAGES = {
    **dict.fromkeys(OPEN_TO_EDITS, "confirm"),
    **dict.fromkeys(WAITING_APPROVAL, "approve"),
    "approved": "prepare",
    "converted": "prepare",
    "cancelled": "confirm",
}
TRAVELS = {
    "shipped": "travel",
    "partly_received": "travel",
    "received": "receive",
    "closed": "receive",
    "called_back": "travel",
}
ENDED = ("received", "closed", "called_back", "cancelled")  # orders of which nothing more is to come


@dataclass(frozen=True)
class Stage:
    """One stage of the cycle, with the day it was reached."""

    code: str
    label: Words
    detail: str = ""


def belongs(line: RequisitionLine, view: str) -> bool:
    """Return whether a line is shown in a view; "asked" also keeps what somebody took down to 0."""
    return {
        "asked": line.quantity > 0 or line.requested is not None or line.approved not in (None, line.suggested),
        "out": line.usable <= 0 and line.status != "no_cmm",
        "over": line.status == "overstock",
        "unknown": line.cmm is None or doubtful(line),
        "changed": line.requested is not None or line.approved not in (None, line.asked),
    }.get(view, True)


def cost(lines: Sequence[RequisitionLine]) -> Decimal:
    """Return what some lines cost together."""
    return sum((line.cost for line in lines), Decimal(0))


def free_at_depot(row: Requisition, editor: str, access: Access) -> dict[int, int] | None:
    """Return what the supplier can still give of each product, for those who approve and may see its stock."""
    due = editor == "approver" or row.state == "approved"
    return free_stock(row.supplier) if due and access.can(SEE_STOCK, row.supplier) else None


def counts(row: Requisition) -> dict[str, int]:
    """Return how many lines each view has; a line taken down to 0 stays in sight, and is none of what is asked for."""
    found = {view: sum(belongs(line, view) for line in row.lines) for view in VIEWS}
    return {**found, "asked": sum(line.quantity > 0 for line in row.lines)}


def lines(row: Requisition, view: str, words: str = "") -> list[RequisitionLine]:
    """Return the lines of a view whose product holds all the words."""
    wanted = folded(words).split()
    return [line for line in row.lines if belongs(line, view) and _holds(line, wanted)]


def _holds(line: RequisitionLine, wanted: Sequence[str]) -> bool:
    text = folded(f"{line.product.code} {line.product.name} {line.product.inn}")
    return all(word in text for word in wanted)


def default_view(row: Requisition) -> str:
    """Return the view a requisition opens with."""
    return "asked" if row.kind != REPORT and any(belongs(line, "asked") for line in row.lines) else "all"


def mark(line: RequisitionLine) -> dict[str, Any]:
    """Return word and tone of a line's stock; a stock-out says since how many days."""
    state, days = STATUSES[line.status], line.facts.get("days_out", 0)
    if line.status == "stock_out" and days:
        return {"label": _("stock-out %(days)s d", days=days), "tone": state.tone}
    return {"label": _("urgent") if line.status == "below_emergency" else state.label, "tone": state.tone}


def packs(line: RequisitionLine) -> str:
    """Return the quantity asked for in packs, e.g. "30 × 180"; empty when nothing is asked for."""
    if not line.quantity or line.pack_size <= 1:
        return ""
    said = measures.packs(line.quantity, line.pack_size) or number(line.quantity)
    return said.replace("\xa0×", " ×")  # a phone breaks it there, rather than to show it under the field


def broken(line: RequisitionLine) -> bool:
    """Return whether the quantity that holds opens a pack: the depot gives whole ones."""
    return measures.broken(line.quantity, line.pack_size)


def said(line: RequisitionLine) -> list[tuple[Words, Words]]:
    """Return (what, why) of a line whose quantity somebody changed: suggested, asked for, granted."""
    asked, granted = line.requested is not None, line.approved not in (None, line.asked)
    if not asked and not granted:
        return []
    facts = [(_("suggested %(quantity)s", quantity=number(line.suggested)), "")]
    if asked:
        facts.append((_("asked for %(quantity)s", quantity=number(line.requested)), words_of(line.reason)))
    if granted:
        facts.append((_("granted %(quantity)s", quantity=number(line.approved)), words_of(line.approval_reason)))
    return facts


def moved(row: Requisition, access: Access) -> Mapping[int, tuple[int, int]]:
    """Return {line id: (suggested then, suggested today)} of what has changed, for who sees the facility's stock."""
    return doubts.moved(row) if access.can(VIEW, row.facility) else {}


def suggestion_of(line: RequisitionLine) -> Suggestion:
    """Return the suggestion as it was computed, never anew."""
    facts = line.facts
    return Suggestion.from_dict({key: facts[key] for key in facts if key not in ("days_out", "stock")})


def months_of(row: Requisition) -> list[date]:
    """Return the months that most of the CMMs rest on, oldest first."""
    used = [tuple(line.facts.get("inputs", {}).get("cmm", {}).get("months_used", ())) for line in row.lines]
    most = max(set(used), key=lambda months: (used.count(months), months)) if used else ()
    return [date.fromisoformat(month) for month in most]


def stages(taken: Sequence[Taken]) -> list[Stage]:
    """Return the stages of the cycle with the days on which they were done."""
    days: dict[str, datetime] = {step.action: local(step.at) for step in taken}
    done = {"confirm": days.get("confirm"), "approve": days.get("approve"), "prepare": days.get("convert")}
    return [Stage(code, label, f"{done[code]:%d/%m}" if done.get(code) else "") for code, label in CYCLE.items()]


def order_of(row: Requisition) -> Order | None:
    """Return the depot's order made of a requisition, if this person may see it: of several, one still to come."""
    if row.state != "converted":
        return None
    orders = db.session.scalars(select(Order).where(Order.requisition_id == row.id).order_by(Order.id)).all()
    return next((order for order in orders if order.state not in ENDED), orders[0] if orders else None)


def stage(row: Requisition, order: Order | None) -> str:
    """Return the stage a requisition stands at, on the road too."""
    return TRAVELS.get(order.state, "prepare") if order else STAGES.get(row.state, "confirm")


def chosen(row: Requisition, shown: Sequence[RequisitionLine], wanted: int | None) -> RequisitionLine | None:
    """Return the line whose working was asked for, if it is shown."""
    return next((line for line in (shown or row.lines) if line.id == wanted), None)
