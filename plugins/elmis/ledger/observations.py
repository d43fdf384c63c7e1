"""What was counted holds: at each observation the book says what was seen, whatever is entered later.

Movements and observations of a lot in a store stand in one order: by day, and within the day by the moment they
happened (what was said later of a movement, else its `happened_at`, else when it was recorded; `counted_at` of an
observation). A movement that
comes late and stands before an observation would change what the book says there; the ledger then adds the
difference that keeps the count, as a movement at the observation's own place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from core.contract.words import _
from core.data.access import also, current
from core.data.bulk import read_beside
from core.data.db import db, local, today
from core.data.work import tell
from plugins.elmis.ledger.models import ADJUSTMENT, BOOK, STORE, Movement, Observation, Placing
from plugins.elmis.ledger.moves import Facts, Move, location

SAW, M = Observation.__table__.c, Movement.__table__.c
P = Placing.__table__.c
PLACED = select(P.happened_at).where(P.movement_id == M.id).correlate(Movement.__table__).scalar_subquery()
WHEN = func.coalesce(PLACED, M.happened_at, M.recorded_at)
EXCESS, SHORTAGE = "count_excess", "count_shortage"
TOLD = 3  # lots that are named when a late paper changes counts
Key = tuple[int, int]  # location id, lot id


@dataclass(frozen=True)
class Seen:
    """What a count saw: base units of a lot at a location, at a moment of a day; a known uuid changes nothing."""

    lot_id: int
    location_id: int
    quantity: int
    counted_on: date
    counted_at: datetime
    comment: str = ""
    document: str = ""
    document_ref: str = ""
    uuid: str = field(default_factory=lambda: str(uuid4()))


def gaps(which: ColumnElement[bool]) -> Sequence[Any]:
    """Return (observation id, units to add there) where the book does not say what was seen; nothing is right.

    `which` is a condition on elmis_observation; every observation of the lots and stores it names is looked at.
    """
    named = select(SAW.location_id, SAW.product_id, SAW.lot_id).where(which).distinct().subquery()
    steps = _steps(named)
    pair: dict[str, Any] = {"partition_by": [steps.c.place, steps.c.lot]}
    book = func.sum(steps.c.n).over(**pair, order_by=[steps.c.day, steps.c.at, steps.c.seen])
    running = select(steps, (steps.c.counted - book).label("gap")).subquery()
    pair = {"partition_by": [running.c.place, running.c.lot], "order_by": [running.c.day, running.c.at]}
    before = func.coalesce(func.lag(running.c.gap).over(**pair), 0)
    points = select(running.c.id, (running.c.gap - before).label("n")).where(running.c.seen == 1).subquery()
    query = select(points.c.id, cast(points.c.n, BigInteger)).where(points.c.n != 0).order_by(points.c.id)
    return read_beside(query, BOOK).all()


def _steps(named: Any) -> Any:
    """Return a subquery of what happened to some lots in some stores, and of what was seen of them."""
    no_id, nothing = cast(null(), Integer).label("id"), cast(null(), BigInteger).label("counted")
    moved = (
        select(
            side.label("place"), M.lot_id.label("lot"), M.occurred_on.label("day"), WHEN.label("at"),
            literal(0).label("seen"), no_id, nothing, (sign * M.quantity).label("n"),
        ).join(
            named,
            and_(named.c.location_id == side, named.c.lot_id == M.lot_id, named.c.product_id == M.product_id),
        )
        for side, sign in ((M.target_id, 1), (M.source_id, -1))
    )  # fmt: skip
    seen = select(
        SAW.location_id,
        SAW.lot_id,
        SAW.counted_on,
        SAW.counted_at,
        literal(1),
        SAW.id,
        SAW.quantity,
        cast(literal(0), BigInteger),
    ).join(named, and_(named.c.location_id == SAW.location_id, named.c.lot_id == SAW.lot_id))
    return union_all(*moved, seen).subquery()


def write(seen: Sequence[Seen], facts: Facts) -> list[Observation]:
    """Return the observations, stored; of two at the same moment the later one stands after the other."""
    access, taken, rows = current(), _taken(seen), []
    for one in seen:
        place, at = facts.locations[one.location_id], one.counted_at
        while (place.id, one.lot_id, one.counted_on, at) in taken:
            at += timedelta(microseconds=1)
        taken.add((place.id, one.lot_id, one.counted_on, at))
        row = Observation(
            uuid=one.uuid, facility_id=place.facility_id, location_id=place.id, lot_id=one.lot_id,
            product_id=facts.lots[one.lot_id].product_id, quantity=one.quantity, counted_on=one.counted_on,
            counted_at=at, user_id=access.user_id, user_label=access.signed, comment=one.comment.strip(),
            document=one.document, document_ref=one.document_ref,
        )  # fmt: skip
        rows.append(row)
    db.session.add_all(rows)
    db.session.flush()
    return rows


def _taken(seen: Iterable[Seen]) -> set[tuple[int, int, date, datetime]]:
    """Return the (location, lot, day, moment) that are taken among those that may be asked for."""
    query = select(SAW.location_id, SAW.lot_id, SAW.counted_on, SAW.counted_at).where(
        SAW.location_id.in_({one.location_id for one in seen}), SAW.lot_id.in_({one.lot_id for one in seen}),
        SAW.counted_on.in_({one.counted_on for one in seen}),
    )  # fmt: skip
    return set(map(tuple, read_beside(query, BOOK)))


def hold(rows: Sequence[Movement], fresh: Sequence[Observation], facts: Facts, placed: bool = False) -> list[Movement]:
    """Return the differences that keep every count, stored: of fresh counts their own, of older ones what late
    movements would have changed, or those that were `placed` anew, which the person is told."""
    if not placed:
        _tell_order(rows, facts)
    keys, since = touched(rows, fresh, facts, placed)
    which = [and_(SAW.location_id == place, SAW.lot_id.in_(lots)) for place, lots in keys.items()]
    if not which:
        return []
    found = dict(map(tuple, gaps(and_(or_(*which), SAW.counted_on >= since))))
    if not found:
        return []
    ids, order = {row.id for row in fresh}, (SAW.counted_on, SAW.counted_at, SAW.id)
    there = read_beside(select(Observation.__table__).where(SAW.id.in_(found)).order_by(*order), BOOK).all()
    papers = _papers([*rows, *fresh])
    made = [_difference(one, int(found[one.id]), "" if one.id in ids else papers[_key(one)], facts) for one in there]
    with also("elmis.stock.move", "elmis.stock.view"):  # the ledger's own doing, at whoever's store the count was
        db.session.add_all(made)
        db.session.flush()
    _tell([(one, int(found[one.id])) for one in there if one.id not in ids], facts)
    return made


def touched(
    rows: Iterable[Movement], fresh: Iterable[Observation], facts: Facts, placed: bool = False
) -> tuple[Mapping[int, set[int]], date]:
    """Return the lots by store whose counts may be concerned, and the first day: what happens now concerns none."""
    keys: dict[int, set[int]] = defaultdict(set)
    days = [today()]
    for row in rows:
        if placed or row.occurred_on < today() or row.happened_at is not None:
            for place in (row.source_id, row.target_id):
                if facts.locations[place].kind == STORE:
                    keys[place].add(row.lot_id)
                    days.append(row.occurred_on)
    for one in fresh:
        keys[one.location_id].add(one.lot_id)
        days.append(one.counted_on)
    return keys, min(days)


def _key(seen: Any) -> Key:
    return seen.location_id, seen.lot_id


def _papers(rows: Iterable[Movement | Observation]) -> dict[Key, str]:
    """Return what names the late papers of each lot at each place: their document, else the reason, and the day."""
    found: dict[Key, str] = {}
    for row in rows:
        if isinstance(row, Observation):
            found[_key(row)] = f"{row.document} ({row.counted_on:%d/%m/%Y})".strip()
        else:
            name = f"{row.document or row.reason.label} ({row.occurred_on:%d/%m/%Y})"
            found |= {(place, row.lot_id): name for place in (row.source_id, row.target_id)}
    return found


def _difference(seen: Any, units: int, late: str, facts: Facts) -> Movement:
    """Return the movement that makes the book say what was seen; it stands where the observation stands.

    `late` names the paper that made it necessary, when it is not the observation's own.
    """
    access, place = current(), facts.locations[seen.location_id]
    account = location(place.facility, ADJUSTMENT)
    source, target = (account, place) if units > 0 else (place, account)
    return Movement(
        uuid=str(uuid4()) if late else seen.uuid, source_id=source.id, target_id=target.id,
        source_facility_id=place.facility_id, target_facility_id=place.facility_id, product_id=seen.product_id,
        lot_id=seen.lot_id, quantity=abs(units), occurred_on=seen.counted_on, happened_at=seen.counted_at,
        user_id=access.user_id, user_label=access.signed,
        reason_id=facts.reasons[EXCESS if units > 0 else SHORTAGE].id,
        comment=str(_("Entered after the count: %(paper)s", paper=late)) if late else seen.comment,
        document=seen.document, document_ref=seen.document_ref, observation_id=seen.id,
    )  # fmt: skip


def _tell(changed: Sequence[tuple[Any, int]], facts: Facts) -> None:
    """Say which counts hold against what was entered late: before and after."""
    for seen, units in changed[:TOLD]:
        lot = facts.lots[seen.lot_id]
        words = _(
            "%(product)s, lot %(lot)s: the count %(document)s of %(day)s stands at %(counted)s; difference %(units)s.",
            document=seen.document or "", day=f"{seen.counted_on:%d/%m/%Y}", counted=seen.quantity, lot=lot.number,
            product=lot.product.name, units=f"{units:+d}",
        )  # fmt: skip
        tell(words)
    if len(changed) > TOLD:
        tell(_("%(n)s more lots were counted since: their counts stand too.", n=len(changed) - TOLD))


def _tell_order(rows: Iterable[Movement], facts: Facts) -> None:
    """Say of movements of the day of a count, about which nobody was asked, that they are taken to come after it."""
    rows = [row for row in rows if row.happened_at is None and row.reverses_id is None] if facts.counted else ()
    sides = [(row, side) for row in rows for side in (row.source_id, row.target_id)]
    met = [(row, facts.counted.get((side, row.lot_id, row.occurred_on))) for row, side in sides]
    for row, one in [(row, one) for row, one in met if one is not None][:TOLD]:
        lot = facts.lots[row.lot_id]
        words = _(
            "%(product)s, lot %(lot)s: booked after the count %(number)s of %(moment)s. If it came before, "
            "count it again.",
            product=lot.product.name, lot=lot.number, moment=f"{local(one.at):%d/%m/%Y %H:%M}",
            number=one.document,
        )  # fmt: skip
        tell(words)


def next_day(place_id: int, move: Move) -> date | None:
    """Return the day of the first observation that stands after a move, or None: from there on it changes nothing."""
    later = SAW.counted_on > move.occurred_on
    if move.happened_at is not None:
        later = or_(later, and_(SAW.counted_on == move.occurred_on, SAW.counted_at >= move.happened_at))
    query = select(func.min(SAW.counted_on)).where(SAW.location_id == place_id, SAW.lot_id == move.lot_id, later)
    day: date | None = read_beside(query, BOOK).scalar()
    return day
