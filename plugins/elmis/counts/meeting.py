"""A paper that meets a count: only a person knows whether its goods moved before the count or after it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, null, select, union_all

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import db, local, utcnow
from core.data.work import answer_to, choose, settle, tell
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts import absent
from plugins.elmis.counts.absent import Whole
from plugins.elmis.counts.models import COUNTING, REVIEW, Count, CountLine
from plugins.elmis.ledger.models import Observation
from plugins.elmis.ledger.moves import Move

PLACE = "a count meets every other count of its place"
BEFORE, AFTER = "before", "after"
CHOICES = [(BEFORE, _("Before: the goods had moved when they were counted")), (AFTER, _("After the count"))]
CODE = "counted"
Key = tuple[int, int, date]  # location, lot, day of the count
Group = tuple[int, date]  # what is asked once: the counts of a store on a day


@dataclass(frozen=True)
class Met:
    """A count that saw a lot on a day: when, and its number."""

    at: datetime
    number: str


@dataclass(frozen=True)
class Paper:
    """What a question about a paper is asked of: its day, and the field that the day is in.

    `since`: the day from which on its goods may have moved already, where it settles what an earlier day left open.
    `written`: when it was written down, where that was before it was recorded: what was counted later came after it.
    """

    day: date
    field: str | None = "occurred_on"
    since: date | None = None
    written: datetime | None = None

    def precedes(self, counted_at: datetime) -> bool:
        """Return whether a count came after this was written down, so that nobody need be asked."""
        return self.written is not None and self.written < counted_at

    def about(self, place_id: int, counted_on: date) -> str:
        """Return what an answer holds for: this paper and the counts of a store on a day."""
        return f"{self.day}/{place_id}/{counted_on}"

    def said(self, place_id: int, counted_on: date | None = None) -> str:
        """Return what the person has answered: "before", "after" or "" as long as nobody was asked."""
        return answer_to(CODE, self.about(place_id, counted_on or self.day))


def placed(moves: Sequence[Move], paper: Paper, answer: str | None = None) -> list[Move]:
    """Return the moves of a paper, each before or after every count that it meets, the earliest first; whoever writes
    it is asked. What stands before a count stands before the later ones.

    Where nobody can be asked (a job, another system) they come after, and the ledger says so.
    """
    beside = _beside_unseen(moves, paper, answer)
    if beside is None:
        return list(moves)
    moves, none = beside
    met, times = met_by(moves, paper.since), dict[str, tuple[date, datetime]]()
    groups: dict[Group, list[Move]] = defaultdict(list)
    for move in moves:
        for place, day in met[move.uuid]:
            groups[place, day].append(move)
    for group in sorted(groups, key=lambda key: min(met[move.uuid][key].at for move in groups[key])):
        here = [move for move in groups[group] if move.uuid not in times]
        said = answer or (_answer(here, group, met, paper) if here else AFTER)
        if not said:
            return list(moves)
        if said == BEFORE:
            times |= {move.uuid: _just_before(group, met[move.uuid]) for move in here}
    after = {
        move.uuid: (move.occurred_on, _after(move, met[move.uuid]))
        for move in moves if _meets_its_day(move, met[move.uuid])
    }  # fmt: skip
    times = after | times
    absent.write(none)
    return [
        replace(move, occurred_on=at[0], happened_at=at[1]) if (at := times.get(move.uuid)) else move for move in moves
    ]


def _after(move: Move, met: Mapping[Group, Met]) -> datetime:
    """Return a moment after the counts of a lot: the one it has, or now."""
    last = max(one.at for one in met.values())
    return move.happened_at if move.happened_at is not None and move.happened_at > last else utcnow()


def _beside_unseen(
    moves: Sequence[Move], paper: Paper, answer: str | None
) -> tuple[list[Move], list[tuple[Whole, int]]] | None:
    """Return the moves among the counts of their articles that did not find their lots, and of which (count, lot) none
    was there; None while that is asked.

    What came before such a count was not there any more: from there on it holds at nothing. What came after it stands
    after it, on its day at the earliest.
    """
    left = absent.unseen(moves) if current().user_id is not None else {}
    times, none = dict[str, tuple[date, datetime]](), dict[str, Whole]()
    for one in sorted({one.id: one for found in left.values() for one in found}.values(), key=lambda one: one.at):
        here = [
            move for move in moves
            if move.uuid not in none and any(one.id == each.id for each in left.get(move.uuid, ()))
        ]  # fmt: skip
        said = (answer or _ask_unseen(here, one, paper)) if here else AFTER
        if not said:
            return None
        if said == BEFORE:
            none |= {move.uuid: one for move in here}
            of_the_day = [move for move in here if move.uuid not in times and move.occurred_on == one.day]
            times |= {move.uuid: (one.day, one.at - timedelta(microseconds=1)) for move in of_the_day}
        else:
            times |= {move.uuid: (one.day, one.at + timedelta(microseconds=1)) for move in here}
            if here and min(move.occurred_on for move in here) < one.day:
                tell(_("Dated %(day)s: after the count %(number)s.", day=f"{one.day:%d/%m/%Y}", number=one.number))
    among = [
        replace(move, occurred_on=at[0], happened_at=at[1]) if (at := times.get(move.uuid)) else move for move in moves
    ]
    return among, [(none[move.uuid], move.lot_id) for move in moves if move.uuid in none]


def _ask_unseen(moves: Sequence[Move], one: Whole, paper: Paper) -> str:
    """Return the answer about lots that a count of their articles did not find."""
    if paper.precedes(one.at):
        return BEFORE
    lot = db.session.get_one(Lot, moves[0].lot_id)
    words = _(
        "%(product)s, lot %(lot)s, was not on the shelf when this article was counted on %(moment)s (%(number)s). "
        "Did it come before or after the count?",
        product=lot.product.name, lot=lot.number, moment=f"{local(one.at):%d/%m/%Y %H:%M}", number=one.number,
    )  # fmt: skip
    said = choose(
        CODE, words, CHOICES, about=f"{paper.about(one.location_id, one.day)}/{one.number}", field=paper.field
    )
    settle()  # what comes next depends on the answer
    return said


def _just_before(group: Group, met: Mapping[Group, Met]) -> tuple[date, datetime]:
    """Return the day and the moment before a count, and before those that come after it."""
    later = {key: one.at for key, one in met.items() if one.at >= met[group].at}
    first = min(later, key=lambda key: later[key])
    return first[1], later[first] - timedelta(microseconds=1)


def _meets_its_day(move: Move, met: Mapping[Group, Met]) -> bool:
    return any(day == move.occurred_on for _place, day in met)


def _answer(moves: Sequence[Move], group: Group, met: Mapping[str, Mapping[Group, Met]], paper: Paper) -> str:
    query = select(Lot).where(Lot.id.in_({move.lot_id for move in moves}))
    lots = {row.id: row for row in db.session.scalars(query)}
    named = [(lots[move.lot_id].product.name, lots[move.lot_id].number, met[move.uuid][group]) for move in moves]
    said = _ask(named, group, paper)
    settle()  # what comes next depends on the answer
    return said


def unplaced(place_id: int, product: Product, paper: Paper) -> bool:
    """Return whether a product was counted in a store that day and nobody has said yet whether before or after; asked.

    Before the count, other lots lay there than after it.
    """
    seen = Observation.__table__.c
    query = (
        select(seen.counted_at, seen.document, Lot.number)
        .join(Lot, Lot.id == seen.lot_id)
        .where(seen.location_id == place_id, seen.product_id == product.id, seen.counted_on == paper.day)
        .order_by(seen.counted_at.desc())
    )
    group = (place_id, paper.day)
    if paper.said(*group) or current().user_id is None:
        return False
    row = read_beside(query, PLACE).first()
    return row is not None and not _ask([(product.name, row.number, Met(row.counted_at, row.document))], group, paper)


def met_by(moves: Iterable[Move], since: date | None = None) -> Mapping[str, Mapping[Group, Met]]:
    """Return {move's uuid: {(store, day): the last count of its lot there on that day}}, posted or still open; on the
    day of the move, or from an earlier day on until then."""
    moves = list(moves)
    by_lot: dict[int, dict[Group, Met]] = defaultdict(dict)
    for (place, lot, day), one in _counts(moves, since).items():
        by_lot[lot][place, day] = one
    return {
        move.uuid: {
            (place, day): one
            for (place, day), one in by_lot[move.lot_id].items()
            if place in (move.source_id, move.target_id) and (since or move.occurred_on) <= day <= move.occurred_on
        }
        for move in moves
    }


SAW, LINE, COUNT = Observation.__table__.c, CountLine.__table__.c, Count.__table__.c
PLACES: Any = bindparam("places", expanding=True)
LOTS: Any = bindparam("lots", expanding=True)
POSTED = select(SAW.location_id, SAW.lot_id, SAW.counted_on, SAW.counted_at, SAW.document).where(
    SAW.location_id.in_(PLACES), SAW.lot_id.in_(LOTS), SAW.counted_on.between(bindparam("first"), bindparam("last"))
)
TYPED = (
    select(COUNT.location_id, LINE.lot_id, null(), LINE.counted_at, COUNT.number)
    .join(Count.__table__, COUNT.id == LINE.count_id)
    .where(COUNT.location_id.in_(PLACES), LINE.lot_id.in_(LOTS), COUNT.state.in_((COUNTING, REVIEW)))
    .where(LINE.counted_at.is_not(None))
)
SEEN = union_all(POSTED, TYPED)


def _counts(moves: Sequence[Move], since: date | None) -> Mapping[Key, Met]:
    places = {place for move in moves for place in (move.source_id, move.target_id)}
    lots, days = {move.lot_id for move in moves}, [move.occurred_on for move in moves]
    first, last = min([*days, since or date.max], default=date.max), max(days, default=date.min)
    which = {"places": list(places), "lots": list(lots), "first": first, "last": last}
    rows = read_beside(SEEN, PLACE, which)
    found = {(place, lot, day or local(at).date(), at): number for place, lot, day, at, number in rows}
    return {key[:3]: Met(key[3], number) for key, number in sorted(found.items()) if first <= key[2] <= last}


def _ask(found: Sequence[tuple[str, str, Met]], group: Group, paper: Paper) -> str:
    """Return the answer for a whole paper, whose first lot and count are named; "" while it is asked."""
    if current().user_id is None:
        return ""
    if all(paper.precedes(met.at) for _product, _lot, met in found):
        return BEFORE
    product, lot, met = found[0]
    facts = {"product": product, "lot": lot, "moment": f"{local(met.at):%d/%m/%Y %H:%M}", "number": met.number}
    more = len({(name, number) for name, number, _met in found}) - 1
    words = (
        _(
            "%(product)s, lot %(lot)s, and %(more)s more were counted on %(moment)s (%(number)s). Was this before or "
            "after the count?", more=more, **facts,
        )
        if more
        else _("%(product)s, lot %(lot)s, was counted on %(moment)s (%(number)s). Was this before or after the count?",
               **facts)
    )  # fmt: skip
    return choose(CODE, words, CHOICES, about=paper.about(*group), field=paper.field)
