"""Posting to the ledger: the one way in which stock changes."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, or_, select

from core.contract.words import _
from core.data.access import also, current
from core.data.bulk import read_beside
from core.data.db import db
from core.data.errors import Conflict, Gathering, Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.recalls import ask_proposed
from plugins.elmis.ledger import already, balances, discrepancies, guard, months, observations, rules, turns
from plugins.elmis.ledger.models import STORE, Movement, Observation, Placing
from plugins.elmis.ledger.moves import Facts, Move, deltas, load, location, lock_stores_of
from plugins.elmis.ledger.observations import Seen

__all__ = ["Move", "Seen", "location", "observe", "place", "post", "reverse"]


def post(moves: Sequence[Move], covers_shortage: bool = False) -> list[Movement]:
    """Return the movements, posted all or none; a uuid that is known already changes nothing.

    Raises Refused (quantity, date, lot, reason, stock now or on a later day) or NotAllowed.
    Counts that were made after what comes late hold: see `observations`.
    With `covers_shortage`, for facts from a device, missing stock is covered from the discrepancy
    account and opens a Discrepancy instead.
    """
    if not moves:
        return []
    lock_stores_of({place for move in moves for place in (move.source_id, move.target_id)})
    facts, refused = load(moves), Gathering()
    met = already.met_by(moves)
    known, facts = _known(met.known), replace(facts, counted=met.counted)
    lines = {move.uuid: (number, move) for number, move in enumerate(moves) if move.uuid not in known}
    fresh = [move for _number, move in lines.values()]
    if fresh:
        for number, move in lines.values():
            with refused.step():
                rules.check(move, facts, line=number)
        with refused.step():
            months.check(_days(fresh, facts))
        refused.settle()
        if covers_shortage:  # what a device reports has happened
            fresh = [*discrepancies.covers(fresh, facts), *fresh]
            facts = replace(load(fresh), counted=facts.counted)
        elif met.proposed:
            fresh = _explained(fresh, facts)
        rows = _store(fresh, facts)
        discrepancies.open_for(rows)
        known |= {row.uuid: row for row in rows}
    return [known[move.uuid] for move in moves]


def _days(moves: Sequence[Move], facts: Facts) -> Iterator[tuple[date, Facility]]:
    """Yield the day of each move and each facility whose shelves it changes."""
    for move in moves:
        for side in (facts.locations[move.source_id], facts.locations[move.target_id]):
            if side.kind in rules.SHELVES:
                yield move.occurred_on, side.facility


def _explained(moves: Sequence[Move], facts: Facts) -> list[Move]:
    """Return the moves; those that give out a lot whose recall is proposed say why, which is asked otherwise."""
    leaving = defaultdict[tuple[int, date], set[int]](set)
    for move in moves:
        if rules.gives_out(move, facts):
            leaving[move.source_id, move.occurred_on].add(move.lot_id)
    said = {
        (place, on, lot): why
        for (place, on), lots in leaving.items()
        for lot, why in ask_proposed(dict.fromkeys(lots), facts.locations[place].facility, on).items()
    }
    return [
        replace(move, comment="; ".join(filter(None, (move.comment, said.get(_key(move), ""))))) for move in moves
    ] if said else list(moves)  # fmt: skip


def _key(move: Move) -> tuple[int, date, int]:
    return move.source_id, move.occurred_on, move.lot_id


def _known(stored: Collection[str]) -> dict[str, Movement]:
    """Return the stored movements by uuid; one that this person may not see is a Conflict."""
    if not stored:
        return {}
    seen = {row.uuid: row for row in db.session.scalars(select(Movement).where(Movement.uuid.in_(stored)))}
    if len(seen) < len(stored):
        raise Conflict(_("This number of a movement is in use already."))
    return seen


def observe(seen: Sequence[Seen]) -> list[Observation]:
    """Return the observations of a count, kept for good; where the book said something else, the difference is posted.

    The difference has the observation's uuid and moment. An observation whose uuid is known changes nothing.
    Raises Refused (date, quantity, goods that left since) or NotAllowed.
    """
    table = Observation.__table__.c
    query = select(Observation).where(table.uuid.in_([one.uuid for one in seen]))
    known = {row.uuid: row for row in db.session.scalars(query)}
    fresh = [one for one in seen if one.uuid not in known]
    if fresh:
        facts = load([], fresh)
        for number, one in enumerate(seen):
            if one.uuid not in known:
                rules.check_seen(one, facts, line=number)
        months.check((one.counted_on, facts.locations[one.location_id].facility) for one in fresh)
        turns.lock(facts)
        rows = observations.write(fresh, facts)
        _settle([], rows, facts)
        known |= {row.uuid: row for row in rows}
    return [known[one.uuid] for one in seen]


def _store(moves: Sequence[Move], facts: Facts, reverses: Movement | None = None) -> list[Movement]:
    """Return the stored movements; nobody else changes these stores before the commit."""
    turns.lock(facts)
    rows = [_row(move, facts, reverses) for move in moves]
    db.session.add_all(rows)
    db.session.flush()
    _settle(rows, [], facts)
    return rows


def _settle(rows: Sequence[Movement], seen: Sequence[Observation], facts: Facts, placed: bool = False) -> None:
    """Let counts hold, balances follow, and no day be left below zero; `placed` rows are in the balances already."""
    held = observations.hold(rows, seen, facts, placed)
    facts = load([*rows, *held]) if held else facts
    every = held if placed else [*rows, *held]
    changed = deltas(every)
    left = balances.change(changed, facts.locations, facts.lots)
    guard.check(every, facts, left)
    rules.refuse_negative_days(every, facts)
    turns.follow(every, facts, {key: min(one.there, one.there - changed[key]) for key, one in left.items()})


def place(moments: Mapping[int, datetime]) -> None:
    """Let movements (by id) stand at these moments of their day, as whoever counted says; posted counts hold.

    Raises Refused (goods that left since) or NotAllowed.
    """
    rows = list(db.session.scalars(select(Movement).where(Movement.id.in_(moments)).order_by(Movement.id)))
    facts = load(rows)
    for side in {side for row in rows for side in (row.source_id, row.target_id)}:
        if facts.locations[side].kind == STORE:
            current().require(rules.RIGHTS["count_excess"], facts.locations[side].facility)
    turns.lock(facts)
    with also("elmis.stock.move", "elmis.stock.view"):  # the order is the counting person's to say, at either side
        for row in rows:
            stored = db.session.get(Placing, row.id) or Placing(movement_id=row.id)
            stored.happened_at = moments[row.id]
            db.session.add(stored)
        db.session.flush()
    _settle(rows, [], facts, placed=True)


def _row(move: Move, facts: Facts, reverses: Movement | None) -> Movement:
    access = current()
    source, target = facts.locations[move.source_id], facts.locations[move.target_id]
    return Movement(
        uuid=move.uuid, source_id=source.id, target_id=target.id, source_facility_id=source.facility_id,
        target_facility_id=target.facility_id, product_id=facts.lots[move.lot_id].product_id, lot_id=move.lot_id,
        quantity=move.quantity, occurred_on=move.occurred_on, user_id=access.user_id, user_label=access.signed,
        reason_id=facts.reasons[move.reason].id, comment=move.comment.strip(), document=move.document,
        document_ref=move.document_ref, paper=move.paper.strip(), counterpart=move.counterpart, device=move.device,
        happened_at=move.happened_at, reverses_id=None if reverses is None else reverses.id,
    )  # fmt: skip


def reverse(movement: Movement, comment: str) -> Movement:
    """Return the reversal of a movement, dated as the movement it undoes; once only.

    Raises Refused when it was reversed already, is itself a reversal, belongs to a delivery, or its goods are gone.
    """
    if not comment.strip():
        raise Refused(_("Please give a reason."), field="comment")
    if movement.reverses_id is not None:
        raise Refused(_("This line is itself a reversal: enter the right movement instead."))
    if db.session.scalar(select(Movement.id).where(Movement.reverses_id == movement.id)) is not None:
        raise Refused(_("This movement was reversed already."))
    if movement.observation_id is not None:
        raise Refused(
            _(
                "This line keeps the count %(document)s. If the count was wrong, count again.",
                document=movement.document,
            )
        )
    if rules.is_of_a_delivery(movement):
        raise Refused(
            _(
                "This line is part of %(document)s, whose figures stay as they were shipped and received. "
                "Enter an adjustment instead.",
                document=movement.document,
            )
        )
    placing = db.session.get(Placing, movement.id)
    back = Move(
        movement.lot_id, movement.quantity, movement.target_id, movement.source_id, movement.reason.code,
        occurred_on=movement.occurred_on, comment=comment, document=movement.document,
        document_ref=movement.document_ref, paper=movement.paper, counterpart=movement.counterpart,
        happened_at=(placing or movement).happened_at or movement.recorded_at,
    )  # fmt: skip
    facts = load([back])
    sides = facts.locations[back.source_id], facts.locations[back.target_id]
    rules.require_right(*sides, rules.right_to_reverse(movement))
    months.check(_days([back], facts))
    return _store([back], facts, movement)[0]


def first_movement(facility: Facility) -> date | None:
    """Return the day of the first movement of a facility, whoever may see its stock; None before any."""
    here = or_(Movement.source_facility_id == facility.id, Movement.target_facility_id == facility.id)
    why = "a facility has not opened after what the one who changes it may not see"
    day: date | None = read_beside(select(func.min(Movement.occurred_on)).where(here), why).scalar()
    return day
