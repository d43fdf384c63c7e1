"""Where the lines of a history wait: a temporary table, so that files of any length fit into memory.

Lots and locations that do not exist yet have ids below zero until the import is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)  # fmt: skip
from sqlalchemy.schema import DropTable

from core.data.db import db
from plugins.elmis.ledger.models import PHYSICAL, Movement, StockLocation

NEW, KNOWN, LESS, MORE = range(4)  # what a line is: new, imported before, a count that found less or more
STAGED = Table(
    "elmis_staged", MetaData(),
    Column("line", Integer, primary_key=True), Column("uuid", String(80), index=True), Column("own", Integer),
    Column("source", Integer), Column("target", Integer), Column("source_physical", Integer),
    Column("target_physical", Integer), Column("outside", Integer), Column("facility_id", Integer),
    Column("other_id", Integer), Column("product_id", Integer), Column("lot", Integer, index=True),
    Column("quantity", BigInteger), Column("day", Date), Column("reason_id", Integer), Column("counts", Integer),
    Column("arrives", Integer), Column("departs", Integer), Column("document", String(60)),
    Column("counterpart", String(200)), Column("comment", Text), Column("state", Integer, default=NEW),
    Column("account", Integer), Column("bound", Integer),
    Index("ix_elmis_staged_source", "source", "lot"), Index("ix_elmis_staged_target", "target", "lot"),
    prefixes=["TEMPORARY"],
)  # fmt: skip
S, M = STAGED.c, Movement.__table__.c
BATCH, PREFIX = 2000, "import:"  # the mark of movements that came in from another system


@dataclass(frozen=True, slots=True)
class Negative:
    """The first day on which a lot would be below zero somewhere, and the line that takes it."""

    line: int
    place: int
    lot: int
    day: date
    missing: int


def _run(statement: Any, rows: Any = None) -> Any:
    return db.session.connection().execute(statement, rows)


def open_table() -> None:
    """Make the table, empty."""
    close_table()
    STAGED.create(db.session.connection())


def close_table() -> None:
    """Drop the table."""
    _run(DropTable(STAGED, if_exists=True))


def keep(rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep lines in the table."""
    if rows:
        _run(insert(STAGED), rows)


def tell_twins_apart() -> None:
    """Number the lines without an own id that are alike in everything: each is a movement of its own."""
    twin = STAGED.alias("twin")
    turn = select(func.count()).where(twin.c.uuid == S.uuid, twin.c.line < S.line).scalar_subquery()
    alike = select(S.uuid).where(S.own == 0).group_by(S.uuid).having(func.count() > 1)
    lines = _run(select(S.line, turn, S.uuid).where(S.own == 0, S.uuid.in_(alike)).order_by(S.line)).all()
    for line, number, uuid in lines:
        if number:
            _run(update(STAGED).where(S.line == line).values(uuid=f"{uuid}:{number}"))


def know_own() -> None:
    """Take the mark from the lines whose id is that of a movement recorded here: an export came back."""
    bare = func.substr(S.uuid, len(PREFIX) + 1)
    _run(update(STAGED).where(S.own == 1, exists(select(M.id).where(M.uuid == bare))).values(uuid=bare))


def repeated_ids() -> Sequence[Any]:
    """Return (line, first line) of the lines whose own id stands in the file already."""
    first = func.min(S.line).over(partition_by=S.uuid)
    rows = select(S.line, first.label("first")).where(S.own == 1).subquery()
    return _run(select(rows).where(rows.c.line != rows.c.first).order_by(rows.c.line)).all()


def mark_old() -> Sequence[int]:
    """Mark the lines that were imported before; return those whose id now says something else."""
    known = select(M.uuid).where(M.uuid == S.uuid)
    _run(update(STAGED).values(state=case((exists(known), KNOWN), else_=NEW)))
    same = and_(
        M.lot_id == S.lot, M.occurred_on == S.day, or_(M.quantity == S.quantity, S.counts == 1),
        or_(M.source_facility_id == S.facility_id, M.target_facility_id == S.facility_id),
    )  # fmt: skip
    other = select(S.line).join(Movement.__table__, M.uuid == S.uuid).where(~same).order_by(S.line)
    return list(_run(other).scalars())


def join_transits() -> None:
    """Let what arrives come from outside unless the same goods were sent: in this file, or before."""
    sent = STAGED.alias("sent")
    alike = (sent.c.document == S.document, sent.c.lot == S.lot, sent.c.target == S.source, sent.c.departs == 1)
    here = exists(select(sent.c.line).where(*alike, sent.c.state == NEW))
    before = exists(select(M.id).where(M.document == S.document, M.lot_id == S.lot, M.target_id == S.source))
    outside = update(STAGED).where(S.arrives == 1, S.state == NEW, ~here, ~before)
    _run(outside.values(source=S.outside, source_physical=0, other_id=S.facility_id))


def settle() -> list[Negative]:
    """Walk through every lot at every place, day by day: turn counts into differences, and return what is negative.

    A count says what lay there after the lines of its day that stand above it.
    """
    negatives: list[Negative] = []
    settled: list[dict[str, Any]] = []
    walk = db.session.connection().execute(_walk(), execution_options={"yield_per": BATCH})
    for (place, lot), days in groupby(walk, key=lambda row: (row.place, row.lot)):
        negative = _play(place, lot, days, settled)
        negatives += [negative] if negative else []
        if len(settled) >= BATCH:
            _write(settled)
    _write(settled)
    return negatives


def _walk() -> Any:
    """Return what happened to each lot at each place, by day: the ledger's own first, then the lines of the file."""
    new, none = and_(S.state == NEW, S.counts == 0), literal(0)
    pairs = union_all(
        select(S.target, S.lot).where(S.target_physical == 1), select(S.source, S.lot).where(S.source_physical == 1)
    ).subquery()
    known = select(pairs.c.target, pairs.c.lot).distinct().subquery()
    before = union_all(
        *(
            select(
                place.label("place"), M.lot_id.label("lot"), M.occurred_on.label("day"), (sign * M.quantity).label("n")
            )
            .join(known, and_(known.c.target == place, known.c.lot == M.lot_id))
            .join(StockLocation.__table__, StockLocation.id == place)
            .where(StockLocation.kind.in_(sorted(PHYSICAL)))
            for place, sign in ((M.target_id, 1), (M.source_id, -1))
        )
    ).subquery()
    days = (before.c.place, before.c.lot, before.c.day)
    both = union_all(
        select(S.target.label("place"), S.lot, S.day, S.quantity.label("n"), S.line, none.label("counts")).where(
            new, S.target_physical == 1
        ),
        select(S.source, S.lot, S.day, -S.quantity, S.line, none).where(new, S.source_physical == 1),
        select(S.target, S.lot, S.day, S.quantity, S.line, literal(1)).where(S.state == NEW, S.counts == 1),
        select(*days, cast(func.sum(before.c.n), BigInteger), none, none).group_by(*days),
    ).subquery()
    return select(both).order_by(both.c.place, both.c.lot, both.c.day, both.c.line)


def _play(place: int, lot: int, rows: Iterator[Any], settled: list[dict[str, Any]]) -> Negative | None:
    """Return the first negative day of a lot at a place; the differences of its counts are added to `settled`."""
    balance, taken, negative = 0, 0, None
    for day, parts in groupby(rows, key=lambda row: row.day):
        for part in parts:
            if part.counts:
                settled.append({"of": part.line, "difference": int(part.n) - balance})
                balance = 0
            elif part.n < 0 and part.line:
                taken = part.line
            balance += int(part.n)
        if balance < 0 and negative is None:
            negative = Negative(taken, place, lot, day, -balance)
    return negative


def _write(settled: list[dict[str, Any]]) -> None:
    """Put the differences of counts into the table: found more comes from the account, less goes to it."""
    connection = db.session.connection()
    for one in settled:
        less = one["difference"] < 0
        sides = {"source": S.target, "target": S.account} if less else {"source": S.account}
        found = {"quantity": abs(one["difference"]), "state": LESS if less else MORE, **sides}
        connection.execute(update(STAGED).where(S.line == one["of"]).values(found))
    settled.clear()


def counts() -> dict[str, int]:
    """Return how many lines are new, counts, and known already."""
    kind = case((S.state == KNOWN, "same"), (S.counts == 1, "counted"), else_="new")
    return {name: int(number) for name, number in _run(select(kind, func.count()).group_by(kind))}


def known_among(lines: Sequence[int]) -> set[int]:
    """Return which of some lines were imported before."""
    return set(_run(select(S.line).where(S.line.in_(lines), S.state == KNOWN)).scalars())


def rename(column: str, ids: Mapping[int, int]) -> None:
    """Give lots or locations that were made just now their real ids."""
    for before, now in ids.items():
        _run(update(STAGED).where(STAGED.c[column] == before).values({column: now}))


def pour(shared: Mapping[str, Any], excess: int, shortage: int) -> int:
    """Copy the new lines into the ledger, in the order of the file; return how many there were."""
    sender = case((S.arrives == 1, S.other_id), else_=S.facility_id)
    reason = case((S.state == MORE, excess), (S.state == LESS, shortage), else_=S.reason_id)
    columns = {
        "uuid": S.uuid, "source_id": S.source, "target_id": S.target, "source_facility_id": sender,
        "target_facility_id": S.facility_id, "product_id": S.product_id, "lot_id": S.lot, "quantity": S.quantity,
        "occurred_on": S.day, "reason_id": reason, "comment": S.comment, "document": S.document,
        "counterpart": S.counterpart, "document_ref": literal(""), "device": literal(""), "bound_for_id": S.bound,
    }  # fmt: skip
    columns |= {name: literal(value, type_=M[name].type) for name, value in shared.items()}
    rows = select(*columns.values()).where(S.state != KNOWN, S.quantity > 0).order_by(S.line)
    return int(_run(insert(Movement).from_select(list(columns), rows)).rowcount)


def poured() -> Any:
    """Return a subquery of both sides of what was copied: it went to (+) and came from (−) a location."""
    new, common = (S.state != KNOWN, S.quantity > 0), (S.lot.label("lot_id"), S.product_id, S.day)
    sides = (
        select(place.label("location_id"), *common, (sign * S.quantity).label("delta")).where(*new)
        for place, sign in ((S.target, 1), (S.source, -1))
    )
    return union_all(*sides).subquery()
