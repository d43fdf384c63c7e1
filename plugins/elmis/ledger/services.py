"""Posting to the ledger: the one way in which stock changes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today, upsert
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger import balances, rules
from plugins.elmis.ledger.models import DISCREPANCY, Discrepancy, Movement, Reason, StockLocation


@dataclass(frozen=True)
class Move:
    """What shall go from one location to another; quantity in base units, `reason` a code of elmis_reason."""

    lot_id: int
    quantity: int
    source_id: int
    target_id: int
    reason: str
    occurred_on: date = field(default_factory=today)
    comment: str = ""
    document: str = ""
    document_ref: str = ""
    counterpart: str = ""
    device: str = ""
    uuid: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class Facts:
    """The rows that a posting speaks of, loaded once."""

    lots: Mapping[int, Lot]
    locations: Mapping[int, StockLocation]
    reasons: Mapping[str, Reason]


def location(facility: Facility, kind: str = "store", name: str = "") -> StockLocation:
    """Return a facility's location of a kind, made when it is first needed."""
    query = select(StockLocation).where(
        StockLocation.facility_id == facility.id, StockLocation.kind == kind, StockLocation.name == name
    )
    found = db.session.scalar(query)
    if found is None:
        row = upsert(StockLocation).values(facility_id=facility.id, kind=kind, name=name)
        db.session.connection().execute(row.on_conflict_do_nothing())
        found = db.session.scalars(query).one()
    return found


def post(moves: Sequence[Move], covers_shortage: bool = False) -> list[Movement]:
    """Return the movements, posted all or none; a uuid that is known already changes nothing.

    Raises Refused (quantity, date, lot, reason, stock now or on a later day) or NotAllowed.
    With `covers_shortage`, for facts from a device, missing stock is covered from the discrepancy
    account and opens a Discrepancy instead.
    """
    known = _known([move.uuid for move in moves])
    fresh = [move for move in moves if move.uuid not in known]
    if fresh:
        facts = load(fresh)
        for number, move in enumerate(fresh):
            rules.check(move, facts, line=number)
        if covers_shortage:
            fresh = [*_covers(fresh, facts), *fresh]
            facts = load(fresh)
        rows = _store(fresh, facts)
        open_discrepancies(rows)
        known |= {row.uuid: row for row in rows}
    return [known[move.uuid] for move in moves]


def _known(uuids: Sequence[str]) -> dict[str, Movement]:
    query = select(Movement).where(Movement.uuid.in_(uuids))
    return {row.uuid: row for row in db.session.scalars(query)}


def load(moves: Sequence[Move]) -> Facts:
    """Return the lots, locations and reasons of the moves; an unknown one is Refused."""
    lot_ids = {move.lot_id for move in moves}
    place_ids = {place for move in moves for place in (move.source_id, move.target_id)}
    lots = {
        row.id: row
        for row in db.session.scalars(select(Lot).where(Lot.id.in_(lot_ids)).options(selectinload(Lot.product)))
    }
    places = select(StockLocation).where(StockLocation.id.in_(place_ids)).options(selectinload(StockLocation.facility))
    locations = {row.id: row for row in db.session.scalars(places)}
    reasons = {row.code: row for row in db.session.scalars(select(Reason))}
    if lot_ids - lots.keys() or place_ids - locations.keys() or {move.reason for move in moves} - reasons.keys():
        raise Refused(_("A lot, store or reason of this document does not exist. Reload the page and try again."))
    return Facts(lots, locations, reasons)


def _store(moves: Sequence[Move], facts: Facts, reverses: Movement | None = None) -> list[Movement]:
    """Return the stored movements, their balances changed and no day left below zero."""
    balances.change(_deltas(moves), facts.locations, facts.lots)
    rows = [_row(move, facts, reverses) for move in moves]
    db.session.add_all(rows)
    db.session.flush()
    rules.refuse_negative_days(rows, facts)
    return rows


def _deltas(moves: Iterable[Move]) -> Counter[tuple[int, int]]:
    deltas: Counter[tuple[int, int]] = Counter()
    for move in moves:
        deltas[move.source_id, move.lot_id] -= move.quantity
        deltas[move.target_id, move.lot_id] += move.quantity
    return deltas


def _row(move: Move, facts: Facts, reverses: Movement | None) -> Movement:
    access = current()
    source, target = facts.locations[move.source_id], facts.locations[move.target_id]
    return Movement(
        uuid=move.uuid, source_id=source.id, target_id=target.id, source_facility_id=source.facility_id,
        target_facility_id=target.facility_id, product_id=facts.lots[move.lot_id].product_id, lot_id=move.lot_id,
        quantity=move.quantity, occurred_on=move.occurred_on, user_id=access.user_id, user_label=access.label,
        reason_id=facts.reasons[move.reason].id, comment=move.comment.strip(), document=move.document,
        document_ref=move.document_ref, counterpart=move.counterpart, device=move.device,
        reverses_id=None if reverses is None else reverses.id,
    )  # fmt: skip


def _covers(moves: Sequence[Move], facts: Facts) -> list[Move]:
    """Return the movements from the discrepancy account that make the given ones possible."""
    covers = []
    for (place_id, lot_id), delta in sorted(_deltas(moves).items()):
        place = facts.locations[place_id]
        missing = -delta - balances.available(place_id, lot_id)
        if place.physical and missing > 0:
            account = location(place.facility, DISCREPANCY)
            cover = Move(
                lot_id, missing, account.id, place_id, "discrepancy", comment=str(_("Found too little stock."))
            )
            covers.append(replace(cover, occurred_on=min(move.occurred_on for move in moves)))
    return covers


def open_discrepancies(rows: Iterable[Movement]) -> None:
    """Open an "écart à justifier" for each movement that covered a shortage."""
    for row in rows:
        if row.source.kind == DISCREPANCY:
            facility_id = row.target_facility_id
            db.session.add(Discrepancy(facility_id=facility_id, movement_id=row.id, quantity=row.quantity))


def reverse(movement: Movement, comment: str) -> Movement:
    """Return the reversal of a movement, dated as the movement it undoes; once only.

    Raises Refused when it was reversed already, is itself a reversal, or its goods are gone.
    """
    if not comment.strip():
        raise Refused(_("Please give a reason."), field="comment")
    if movement.reverses_id is not None:
        raise Refused(_("This line is itself a reversal: enter the right movement instead."))
    if db.session.scalar(select(Movement.id).where(Movement.reverses_id == movement.id)) is not None:
        raise Refused(_("This movement was reversed already."))
    back = Move(
        movement.lot_id, movement.quantity, movement.target_id, movement.source_id, movement.reason.code,
        occurred_on=movement.occurred_on, comment=comment, document=movement.document,
        document_ref=movement.document_ref, counterpart=movement.counterpart,
    )  # fmt: skip
    facts = load([back])
    rules.require_right(facts.locations[back.source_id], facts.locations[back.target_id])
    return _store([back], facts, movement)[0]
