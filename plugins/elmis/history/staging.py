"""Where the lines of a history wait: a table that is written in short transactions, so that nobody waits for them.

A `Stage` is one look at one file: its lines are told apart, known ones are marked, counts become observations and
differences. What stands here changes nothing until `pour` copies it into the ledger, in one short transaction.
Lots and locations that do not exist yet have ids below zero until then.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple
from typing import cast as typed

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)  # fmt: skip

from core.contract.words import _, label_of
from core.data.bulk import beside, pour, read_beside
from core.data.db import db, utcnow
from core.data.work import perform
from plugins.elmis.catalogue.arriving import FIELDS, YEARS_AGO
from plugins.elmis.catalogue.limits import far_apart
from plugins.elmis.history.staged import EQUAL, KNOWN, LESS, MORE, NEW, OUT, Staged, StagedId
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.models import BOOK, PHYSICAL, Movement, Observation, Reason, StockLocation
from plugins.elmis.ledger.observations import WHEN

STAGED_LINES = "lines of a file: the import writes a line of the trail for each that it pours"
BATCH = 2000
LEFT_BEHIND = 24 * 3600 * 10**6  # microseconds after which a stage is that of a process that was killed
STAGED, IDS = typed(Table, Staged.__table__), typed(Table, StagedId.__table__)
LOT, PLACE = "lot", "place"
UNUSABLE = 1  # what `Staged.unusable` says: it gives out what may not be given out; or one of these, of goods coming in
FLAGS = {code: 2 << number for number, code in enumerate(FIELDS)}
KEPT = [each.name for each in STAGED.c if each.name != "observation_id"]
S, M, SAW = STAGED.c, Movement.__table__.c, Observation.__table__.c
FRESH = {"state": NEW, "document_ref": ""}
ADDED = {"uuid": "", "own": 0, "counterpart_id": 0, "counterpart": "", "comment": "", "outside": 0, "document_ref": "",
         "paper": ""}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Negative:
    """The first day on which a lot would be below zero somewhere, and the line that takes it."""

    line: int
    place: int
    lot: int
    day: date
    missing: int


class Sum(NamedTuple):
    """By how many units the lines of a list change a lot of a product at a place."""

    place: int
    lot: int
    product: int
    delta: int


def _write(statement: Any, rows: Sequence[Any] | None = None) -> None:
    """Run a statement in a transaction of its own: others write before and after it."""
    perform(lambda: db.session.connection().execute(beside(statement, STAGED_LINES), rows) and None)


def same_number(moved: Any = M) -> ColumnElement[bool]:
    """Return what tells that a movement and a line bear one number, however it is written; indexes serve."""
    key = and_(moved.paper_key != literal_column("''"), moved.paper_key == S.paper_key)
    return or_(key, and_(S.document != "", moved.document == S.document))


def flagged(flag: int) -> ColumnElement[bool]:
    """Return what tells that this is wrong or unusual about a line."""
    return S.unusable.bitwise_and(flag) != 0


def _parts(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    source = iter(rows)
    while part := list(islice(source, size)):
        yield part


def forget_old() -> None:
    """Clear away what a process that was killed has left."""
    if read(select(S.line).where(S.batch < _now() - LEFT_BEHIND).limit(1)).scalar() is not None:
        _write(delete(STAGED).where(S.batch < _now() - LEFT_BEHIND))


def _now() -> int:
    return time.time_ns() // 1000


class Stage:
    """The lines of one look at a file; a line stands in its day at the moment of the look, after the line above it."""

    def __init__(self) -> None:
        self.batch = _now()
        self.mine = S.batch == self.batch
        self.new = and_(self.mine, S.state == NEW)
        self.pours = and_(self.mine, S.state.in_((NEW, LESS, MORE)), S.quantity > 0)
        self.began = utcnow()
        self.gaps: list[tuple[int, int, int]] = []  # lines of counts far from the book: what was found, the book
        self.held: list[tuple[int, int, int]] = []  # older counts, the units by which each holds, and for which line
        self.last = 0

    def keep(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep lines."""
        for row in rows:
            row |= FRESH | {"batch": self.batch, "at": self.began + timedelta(microseconds=row["line"])}
            self.last = max(self.last, row["line"])
        if rows:
            perform(lambda: pour(STAGED, KEPT, map(itemgetter(*KEPT), rows), STAGED_LINES))

    def forget(self) -> None:
        """Clear the lines away, some at a time."""
        for first in range(0, self.last + len(self.held) + 1, 20_000):
            _write(delete(STAGED).where(self.mine, S.line >= first, S.line < first + 20_000))
        _write(delete(IDS).where(IDS.c.batch == self.batch))

    def change(self, lines: Sequence[Any], **values: Any) -> None:
        """Change some lines, a part at a time; `lines` are numbers, or {"of": number, …} with what differs."""
        rows = [line if isinstance(line, dict) else {"of": line} for line in lines]
        statement = update(STAGED).where(self.mine, S.line == bindparam("of")).values(**values)
        for part in _parts(rows, BATCH * 5):
            _write(statement, part)

    def place(self, rows: Sequence[dict[str, Any]]) -> None:
        """Put lines at their moment of the day: {"of": line, "moment": when}."""
        self.change(rows, at=bindparam("moment"))

    def refused(self) -> Sequence[tuple[int, str, str]]:
        """Return (line, field, what is wrong) of new lines that no page would take."""
        note = select(M.id).where(same_number(), M.document_ref != "").exists()
        delivered = (S.line, literal("document"), literal("note"))
        rows = union_all(
            select(*delivered).where(self.new, S.arrives == 1, note),
            select(S.line, literal("lot"), literal("unusable")).where(self.new, flagged(UNUSABLE)),
            select(S.line, literal(FIELDS[YEARS_AGO]), literal(YEARS_AGO)).where(self.new, flagged(FLAGS[YEARS_AGO])),
        )
        return typed(Sequence[tuple[int, str, str]], read(rows).all())

    def kinds(self) -> Sequence[Any]:
        """Return (facility id, reason id, counts, has a comment) of the new lines, each once."""
        bare = case((S.comment == "", 0), else_=1)
        query = select(S.facility_id, S.reason_id, S.counts, bare).where(self.new).distinct()
        return typed(Sequence[Any], read(query).all())

    def lines_of(self, facility_id: int, reason_id: int, counts: int, commented: int | None = None) -> Sequence[int]:
        """Return the new lines of a kind."""
        query = select(S.line).where(
            self.new, S.facility_id == facility_id, S.reason_id == reason_id, S.counts == counts
        )
        if commented is not None:
            query = query.where(S.comment != "" if commented else S.comment == "")
        return list(read(query.order_by(S.line)).scalars())

    def join_transits(self) -> None:
        """Let what arrives come from outside unless the same goods were sent to this facility: in this file, or in one
        before. What this system ships is received on its page, and never taken from here."""
        sent = STAGED.alias("sent")
        here = select(sent.c.line).where(
            sent.c.batch == self.batch, same_number(sent.c), sent.c.lot == S.lot, sent.c.target == S.source,
            sent.c.departs == 1, sent.c.state == NEW, sent.c.counterpart_id == S.facility_id,
        )  # fmt: skip
        before = select(M.id).where(
            same_number(), M.lot_id == S.lot, M.target_id == S.source, M.document_ref == "",
            M.bound_for_id == S.facility_id,
        )  # fmt: skip
        addressed = and_(S.paper_key != "", S.other_id != S.facility_id, or_(here.exists(), before.exists()))
        outside = update(STAGED).where(self.new, S.arrives == 1, ~addressed)
        _write(outside.values(source=S.outside, source_physical=0, other_id=S.facility_id))

    # counts

    def settle(self, account: Callable[[int], int], times: int) -> list[Negative]:
        """Walk through every lot at every place, day by day: turn counts into differences, let older counts hold, and
        return what is negative. `account` gives the place of adjustments; `times` tells a slip of a count."""
        negatives: list[Negative] = []
        settled: list[tuple[int, int]] = []
        walk = read_beside(self._walk(), BOOK, yield_per=BATCH)
        for (place, lot), days in groupby(walk, key=lambda row: (row.place, row.lot)):
            negative = self._play(place, lot, days, settled, times)
            negatives += [negative] if negative else []
        self._set_differences(settled)
        self._keep_held(account)
        return negatives

    def _pairs(self) -> Any:
        """Return the lots at the places that new lines touch."""
        sides = (
            select(side.label("place"), S.lot, S.product_id).where(self.new, physical == 1)
            for side, physical in ((S.target, S.target_physical), (S.source, S.source_physical))
        )
        both = union_all(*sides).subquery()
        return select(both.c.place, both.c.lot, both.c.product_id).distinct().cte()

    def _walk(self) -> Any:
        """Return what happened to each lot at each place, and what was seen of it, in order."""
        none, pairs = literal(0), self._pairs()
        new = and_(self.new, S.counts == 0)
        came = select(
            S.target.label("place"), S.lot, S.day, S.at, none.label("seen"), S.line, none.label("of"),
            S.quantity.label("n"),
        ).where(new, S.target_physical == 1)  # fmt: skip
        went = select(S.source, S.lot, S.day, S.at, none, S.line, none, -S.quantity).where(new, S.source_physical == 1)
        counted = select(S.target, S.lot, S.day, S.at, literal(1), S.line, none, S.counted)
        moved = (
            select(side, M.lot_id, M.occurred_on, WHEN, none, none, none, sign * M.quantity)
            .join(pairs, and_(pairs.c.place == side, pairs.c.lot == M.lot_id, pairs.c.product_id == M.product_id))
            .join(StockLocation.__table__, StockLocation.id == side)
            .where(StockLocation.kind.in_(sorted(PHYSICAL)))
            for side, sign in ((M.target_id, 1), (M.source_id, -1))
        )
        saw = select(
            SAW.location_id, SAW.lot_id, SAW.counted_on, SAW.counted_at, literal(1), none, SAW.id, SAW.quantity
        )
        saw = saw.join(pairs, and_(pairs.c.place == SAW.location_id, pairs.c.lot == SAW.lot_id))
        all_ = union_all(came, went, counted.where(self.new, S.counts == 1), *moved, saw).subquery()
        columns = (all_.c.place, all_.c.lot, all_.c.day, all_.c.seen, all_.c.line, all_.c.of, all_.c.n)
        return select(*columns).order_by(all_.c.place, all_.c.lot, all_.c.day, all_.c.at, all_.c.seen, all_.c.line)

    def _play(
        self, place: int, lot: int, rows: Iterator[Any], settled: list[tuple[int, int]], times: int
    ) -> Negative | None:
        """Return the first negative day of a lot at a place; take down by how much each count differs."""
        balance, taken, late, negative = 0, 0, 0, None
        for day, parts in groupby(rows, key=lambda row: row.day):
            for part in parts:
                gap = int(part.n) - balance if part.seen else 0
                late = part.line or late
                if part.seen and part.line:
                    settled.append((part.line, gap))
                    if far_apart(int(part.n), balance, times):
                        self.gaps.append((part.line, int(part.n), balance))
                elif gap:
                    self.held.append((part.of, gap, late))
                elif part.line and (part.n < 0 or not taken):
                    taken = part.line
                balance += gap if part.seen else int(part.n)
            if balance < 0 and negative is None:
                negative = Negative(taken, place, lot, day, -balance)
        return negative

    def _set_differences(self, settled: Sequence[tuple[int, int]]) -> None:
        """Keep the differences of counts: found more comes from the account, less goes to it."""
        more = [{"of": line, "units": units} for line, units in settled if units > 0]
        less = [{"of": line, "units": -units} for line, units in settled if units < 0]
        self.change(more, quantity=bindparam("units"), state=MORE, source=S.account)
        sides = {"source": S.target, "target": S.account, "source_physical": 1, "target_physical": 0}
        self.change(less, quantity=bindparam("units"), state=LESS, **sides)
        self.change([line for line, units in settled if not units], quantity=0, state=EQUAL)

    def _keep_held(self, account: Callable[[int], int]) -> None:
        """Keep the differences by which older counts hold against what comes late."""
        for part in _parts(enumerate(self.held, self.last + 1), 500):
            ids = [of for _line, (of, _units, _late) in part]
            seen = {row.id: row for row in read(select(Observation.__table__).where(SAW.id.in_(ids)))}
            papers = self._papers({late for _line, (_of, _units, late) in part})
            rows = [
                self._difference(line, seen[of], units, account) | {"comment": papers.get(late, "")}
                for line, (of, units, late) in part
            ]
            _write(insert(STAGED), rows)

    def _papers(self, lines: set[int]) -> dict[int, str]:
        """Return {line: what names the late paper on it}, for the difference that it made necessary."""
        R = Reason.__table__.c
        query = select(S.line, S.document, S.day, R.label_fr, R.label_en).where(self.mine, S.line.in_(lines))
        rows = read(query.join(Reason.__table__, R.id == S.reason_id, isouter=True)).all()
        named = {row.line: f"{row.document or label_of(row) or ''} ({row.day:%d/%m/%Y})".strip() for row in rows}
        return {line: str(_("Entered after the count: %(paper)s", paper=name)) for line, name in named.items()}

    def _difference(self, line: int, seen: Any, units: int, account: Callable[[int], int]) -> dict[str, Any]:
        here, there = seen.location_id, account(seen.facility_id)
        source, target = (there, here) if units > 0 else (here, there)
        return ADDED | {
            "batch": self.batch, "line": line, "uuid": f"held:{self.batch}:{seen.id}", "counts": 0, "arrives": 0,
            "state": MORE if units > 0 else LESS, "facility_id": seen.facility_id, "other_id": seen.facility_id,
            "product_id": seen.product_id, "lot": seen.lot_id, "source": source, "target": target, "reason_id": 0,
            "source_physical": int(units < 0), "target_physical": int(units > 0), "quantity": abs(units), "departs": 0,
            "day": seen.counted_on, "at": seen.counted_at, "observation_id": seen.id, "document": seen.document,
            "document_ref": seen.document_ref,
        }  # fmt: skip

    # what is told, and the way into the ledger

    def counts(self) -> dict[str, int]:
        """Return how many lines are new, counts, and known already; those that were refused are none of these."""
        kind = case((S.state == KNOWN, "same"), (S.counts == 1, "counted"), (S.line > self.last, "held"), else_="new")
        query = select(kind, func.count()).where(self.mine, S.state != OUT).group_by(kind)
        return {name: int(number) for name, number in read(query)}

    def known_among(self, lines: Sequence[int]) -> set[int]:
        """Return which of some lines were imported before."""
        return set(read(select(S.line).where(self.mine, S.line.in_(lines), S.state == KNOWN)).scalars())

    def rests_on(self) -> tuple[int, ...]:
        """Return figures that change whenever somebody records a line this stage has to reckon with."""
        fresh = and_(self.mine, S.state != KNOWN)
        sides = (
            select(side.label("place"), S.lot, S.product_id).where(fresh, side > 0, S.lot > 0, physical == 1)
            for side, physical in ((S.target, S.target_physical), (S.source, S.source_physical))
        )
        pairs = union_all(*sides).subquery()
        known = select(pairs.c.place, pairs.c.lot, pairs.c.product_id).distinct().cte()
        ways = [
            select(func.count(M.id)).join(
                known, and_(known.c.place == side, known.c.lot == M.lot_id, known.c.product_id == M.product_id)
            )
            for side in (M.target_id, M.source_id)
        ]  # fmt: skip
        ways.append(
            select(func.count(SAW.id)).join(known, and_(known.c.place == SAW.location_id, known.c.lot == SAW.lot_id))
        )
        ways += [
            select(func.count(S.line)).join(model.__table__, model.__table__.c.uuid == S.uuid).where(fresh)
            for model in (Movement, Observation)
        ]
        return tuple(read(select(*(each.scalar_subquery() for each in ways))).one())

    def sums(self) -> list[Sum]:
        """Return by how much each lot changes at each place, once all is poured."""
        sides = (
            select(side.label("place"), S.lot, S.product_id, (sign * S.quantity).label("delta")).where(self.pours)
            for side, sign in ((S.target, 1), (S.source, -1))
        )
        both = union_all(*sides).subquery()
        key = (both.c.place, both.c.lot, both.c.product_id)
        return [Sum(*row) for row in read(select(*key, func.sum(both.c.delta)).group_by(*key))]

    def made(self, kind: str, ids: Mapping[int, int]) -> None:
        """Take down the ids of lots or locations that were made just now; for the transaction that pours."""
        if ids:
            rows = [{"batch": self.batch, "kind": kind, "before": before, "now": now} for before, now in ids.items()]
            db.session.connection().execute(beside(insert(IDS), STAGED_LINES), rows)

    def _real(self, column: Any, kind: str) -> ColumnElement[int]:
        """Return the id of a lot or location in the ledger."""
        query = select(IDS.c.now).where(IDS.c.batch == self.batch, IDS.c.kind == kind, IDS.c.before == column)
        return case((column < 0, query.scalar_subquery()), else_=column)

    def pour(self, shared: Mapping[str, Any], excess: int, shortage: int) -> int:
        """Copy what is new into the ledger, in the order of the file; return how many movements there were."""
        lot = self._real(S.lot, LOT)
        source, target, place = (self._real(each, PLACE) for each in (S.source, S.target, S.place))
        said = {name: literal(value, type_=M[name].type) for name, value in shared.items()}
        seen = {
            "uuid": S.uuid, "facility_id": S.facility_id, "location_id": place, "product_id": S.product_id,
            "lot_id": lot, "quantity": S.counted, "counted_on": S.day, "counted_at": S.at, "comment": S.comment,
            "document": S.document, "document_ref": literal(""), **said,
        }  # fmt: skip
        counted = (
            select(*seen.values()).where(self.mine, S.counts == 1, S.state.in_((LESS, MORE, EQUAL))).order_by(S.line)
        )
        read(beside(insert(Observation).from_select(list(seen), counted), STAGED_LINES))
        reason = case((S.state == MORE, excess), (S.state == LESS, shortage), else_=S.reason_id)
        bound = case((and_(S.departs == 1, S.counterpart_id != 0), S.counterpart_id), else_=null())
        own = case((S.counts == 1, select(SAW.id).where(SAW.uuid == S.uuid).scalar_subquery()), else_=S.observation_id)
        columns = {
            "uuid": S.uuid, "source_id": source, "target_id": target, "product_id": S.product_id, "lot_id": lot,
            "source_facility_id": case((S.arrives == 1, S.other_id), else_=S.facility_id), "observation_id": own,
            "target_facility_id": S.facility_id, "quantity": S.quantity, "occurred_on": S.day, "happened_at": S.at,
            "reason_id": reason, "comment": S.comment, "document": S.document, "document_ref": S.document_ref,
            "paper_key": S.paper_key,
            "counterpart": S.counterpart, "paper": S.paper, "device": literal(""), "bound_for_id": bound, **said,
        }  # fmt: skip
        rows = select(*columns.values()).where(self.pours).order_by(S.line)
        poured = beside(insert(Movement).from_select(list(columns), rows), STAGED_LINES)
        return int(read(poured).rowcount)


def poured(first: int, run: int) -> Any:
    """Return a subquery of both sides of the movements of a run: each went to (+) and came from (−) a location."""
    common = (M.lot_id, M.product_id, M.occurred_on.label("day"))
    sides = (
        select(place.label("location_id"), *common, (sign * M.quantity).label("delta"))
        .where(M.id > first, M.import_run == run)
        for place, sign in ((M.target_id, 1), (M.source_id, -1))
    )  # fmt: skip
    return union_all(*sides).subquery()
