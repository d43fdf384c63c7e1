"""Publishing an alert to the places whose pieces it means, and settling each piece there."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import also, current
from core.data.codes import key_of
from core.data.db import db, today, utcnow
from core.data.errors import Refused
from core.data.naming import headed
from core.data.numbers import next_number
from core.data.rows import store
from core.data.states import Reason, record, record_all
from core.data.work import emit, tell
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.catalogue.models import EquipmentModel
from plugins.gmao.equipment.models import BEYOND, Equipment
from plugins.gmao.equipment.services import say_status
from plugins.gmao.equipment.states import THERE
from plugins.gmao.formulas.serials import Unreadable, read
from plugins.gmao.rights import PLAN, PUBLISH, REPORT, VIEW, WORK
from plugins.gmao.safety.matching import Match, matches, unsettled
from plugins.gmao.safety.models import DRAFT, PUBLISHED, Affected, Alert, AlertModel
from plugins.gmao.safety.states import AFFECTED, ALERT, CONCERNED, OPEN
from plugins.gmao.series import ALERT as SERIES
from plugins.gmao.workorders import states as work
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.services import cancel, open_each

GRACE = timedelta(days=14)  # for a piece that is found when the deadline has passed
NOW = {"recall": "urgent", "fsn": "high", "advice": "normal"}  # priorities of their orders


def prepare(*, named_models: str = "", files: Collection[Content] = (), **facts: Any) -> Alert:
    """Return a new alert that nobody is told of yet.

    Raises Refused for a model that nobody has, a list of numbers that cannot be read, a day that has passed.
    """
    current().require(PUBLISH)
    alert = Alert(number=next_number(SERIES, on=today()), state=DRAFT)
    _keep(alert, named_models, facts)
    record(alert, "prepare", "", DRAFT)
    attach(alert, files)
    return alert


def change(alert: Alert, *, named_models: str = "", **facts: Any) -> Alert:
    """Return a draft with these facts; raises as `prepare` does, and Conflict once it was published."""
    current().require(PUBLISH)
    ALERT.refuse_unless(alert, DRAFT)
    _keep(alert, named_models, facts)
    return alert


def _keep(alert: Alert, named_models: str, facts: dict[str, Any]) -> None:
    models = _models(named_models)
    if not models and facts.get("type") is None:
        raise Refused(_("Name the models, or choose a type."), field="named_models")
    if facts["issued_on"] > today():
        raise Refused(_("This day has not come yet."), field="issued_on")
    if facts["deadline"] < today():
        raise Refused(_("This day has passed."), field="deadline")
    for name in ("serials", "lots"):
        try:
            read(facts.get(name) or "")
        except Unreadable as fault:
            words = _(
                "“%(entry)s” is neither a number nor a range. Write a range so: SN0100..SN0199.", entry=fault.entry
            )
            raise Refused(words, field=name) from fault
    store(alert, **facts)
    kept = {line.model_id: line for line in alert.models}
    alert.models = [kept.get(model.id) or AlertModel(model=model) for model in models]
    db.session.flush()


def _models(text: str) -> list[EquipmentModel]:
    """Return the models that are named, one a line."""
    named = dict.fromkeys(filter(None, map(key_of, text.splitlines())))
    query = select(EquipmentModel).where(EquipmentModel.code_key.in_(named))
    found = {model.code_key: model for model in db.session.scalars(query)} if named else {}
    if missing := [name for name in named if name not in found]:
        words = _("No model is called “%(name)s”: maker and model, as the catalogue has them.", name=missing[0])
        raise Refused(words, field="named_models")
    return [found[name] for name in named]


def publish(alert: Alert) -> None:
    """Publish an alert: the pieces that it means are found, in the whole country, and their places are asked."""
    ALERT.advance(alert, "publish")
    alert.published_at = utcnow()
    number = find(alert)
    emit("gmao.alert.published", alert, number=alert.number, title=alert.title)
    tell(_("Pieces found: %(n)s.", n=number))


def find(alert: Alert) -> int:
    """Return how many pieces an alert has found that it had not found before; a few statements, and those of the trail
    of each place, however many pieces there are."""
    found = {match.equipment_id: match for match in matches(alert)}
    if not found:
        return 0
    with also(VIEW, WORK):
        query = select(Equipment).where(Equipment.id.in_(found)).order_by(Equipment.id)
        query = query.options(selectinload(Equipment.type), selectinload(Equipment.facility))
        pieces = db.session.scalars(query).all()
        rows = [_affected(alert, piece, found[piece.id]) for piece in pieces]
        db.session.add_all(rows)
        db.session.flush()
        for state in OPEN:
            record_all([row for row in rows if row.state == state], "find", state)
        _order(alert, [row for row in rows if row.state == CONCERNED])
    return len(rows)


def _affected(alert: Alert, piece: Equipment, match: Match) -> Affected:
    return Affected(
        alert=alert, equipment=piece, what=piece.described, facility=piece.facility, why=match.why, state=match.state,
        due_on=_due(alert),
    )  # fmt: skip


def _due(alert: Alert) -> date:
    return alert.deadline if alert.deadline >= today() else today() + GRACE


def _order(alert: Alert, rows: Sequence[Affected]) -> None:
    """Open the work orders of some pieces that are concerned, where the alert asks for work."""
    if alert.work is None or not rows:
        return
    problem = f"{headed(alert.number, alert.title)}\n{alert.todo}"
    pieces = [row.equipment for row in rows if row.equipment is not None]
    orders = open_each(pieces, kind=alert.work, problem=problem, due_on=_due(alert), priority=NOW[alert.kind])
    for row, order in zip(rows, orders, strict=True):
        row.order = order
    db.session.flush()


def look_again(alert: Alert) -> int:
    """Return how many pieces were found that were registered or became known since; rows follow pieces that moved."""
    ALERT.refuse_unless(alert, PUBLISHED)
    moved = select(Affected).join(Equipment, Equipment.id == Affected.equipment_id)
    moved = moved.where(Affected.alert_id == alert.id, Equipment.facility_id != Affected.facility_id)
    with also(VIEW, WORK):
        for row in db.session.scalars(moved.options(selectinload(Affected.equipment))).all():
            if row.equipment is not None:
                row.facility_id = row.equipment.facility_id
        db.session.flush()
    return find(alert)


def look(alert: Alert) -> None:
    """Look again, as somebody who publishes asks for it."""
    current().require(PUBLISH)
    tell(_("Pieces found: %(n)s.", n=look_again(alert)))


def close(alert: Alert) -> None:
    """Close an alert; Refused while a piece is not settled."""
    ALERT.refuse_unless(alert, PUBLISHED)
    if number := unsettled(alert):
        raise Refused(_("Pieces that are not settled: %(n)s. The alert stays open until they are.", n=number))
    ALERT.advance(alert, "close")


def _advance(row: Affected, action: str, reason: str = "") -> None:
    if row.alert.state != PUBLISHED:
        raise ALERT.over(row.alert)
    AFFECTED.advance(row, action, reason)
    row.settled_on = None if row.state in OPEN else today()


def confirm(row: Affected) -> None:
    """Say that a piece is concerned: its work order is opened, where the alert asks for work."""
    _advance(row, "confirm")
    if row.equipment is not None and row.equipment.state in THERE:
        _order(row.alert, [row])


def clear(row: Affected, *, reason: str) -> None:
    """Say that a piece is not concerned; its order, if it is open, is cancelled."""
    _advance(row, "clear", reason)
    _cancel(row)


def correct(row: Affected) -> None:
    """Say that what the alert asks for is done."""
    _advance(row, "correct")


def withdraw(row: Affected, *, reason: str) -> None:
    """Take a piece out of use: it counts as unserviceable, and its order, if it is open, is cancelled."""
    _advance(row, "withdraw", reason)
    piece = row.equipment
    if piece is not None and piece.state in THERE:
        with also(REPORT):
            say_status(piece, status=BEYOND, because="other", note=headed(row.alert.number, reason))
    _cancel(row)


def reopen(row: Affected, *, reason: str) -> None:
    """Look at a settled piece again."""
    _advance(row, "reopen", reason)


def _cancel(row: Affected) -> None:
    order = row.order
    if order is not None and order.state in work.OPEN:
        with also(PLAN):
            reason = Reason("works", row.alert.number, work.MACHINE.reasons["cancel"])
            cancel(order, reason)
    row.order = None


def work_done(order_id: int) -> None:
    """Settle the piece whose work order is finished, unless somebody has settled it."""
    query = select(Affected).join(WorkOrder, WorkOrder.id == Affected.order_id)
    row = db.session.scalars(query.where(WorkOrder.id == order_id, Affected.state == CONCERNED)).first()
    if row is not None and row.alert.state == PUBLISHED:
        correct(row)


def open_of(piece: Equipment) -> list[Affected]:
    """Return the alerts by which a piece is, or may be, concerned and that nobody has settled."""
    query = select(Affected).where(Affected.equipment_id == piece.id, Affected.state.in_(OPEN)).order_by(Affected.id)
    return list(db.session.scalars(query.options(selectinload(Affected.alert))))
