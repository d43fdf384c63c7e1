"""Audit, once, below the views: every change leaves a line in a keyed chain.

Lines are gathered at flushes and written at the end of a transaction, one chain a stream (a facility, the core's own):
two transactions meet on a head row once. mac = HMAC-SHA256(key, "audit-v1" ‖ stream ‖ seq ‖ prev ‖ length ‖ body).
A head is believed only by its signature, whenever it is locked; one signed list names all streams and the
heights they had, so that a stream cannot vanish together with its head.
"""

import hmac
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain, groupby, islice
from typing import Any

from flask import current_app
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session as AnySession
from sqlalchemy.orm import UOWTransaction

from core.contract.words import _
from core.data import behalf
from core.data.access import Access, Internal, current
from core.data.bulk import BECAUSE, beside
from core.data.changes import changes_of_own, own_columns
from core.data.db import Session, any_bytes, db, utcnow
from core.data.errors import AmagaraError
from core.data.trail import AuditEntry, AuditHead, AuditRoll

TRAIL = "the trail itself"
START = "0" * 64
KEY_ID = "k1"
BROKEN = _("The audit trail was altered behind Amagara's back, or its key was changed. Nothing is recorded until the "
           "administrator of the server has looked: “amagara audit verify” names the place.")  # fmt: skip
TOGETHER = 2000  # lines that are written at once
COLUMNS = ("at", "user_id", "facility_id", "entity", "entity_id", "action", "behalf")  # to be looked for by themselves
ROW = ("stream", "seq", *COLUMNS, "body", "prev", "mac")
Line = tuple[tuple[Any, ...], str]  # the columns of a line, and its text
Poured = Callable[[Mapping[str, Any]], Iterable[Line]]  # the lines of many rows at once, from what they share
NAMED = AuditHead.stream.in_(bindparam("streams", expanding=True))
ALL_THERE = select(func.count()).select_from(AuditHead).where(NAMED).scalar_subquery() == bindparam("number")
LOCK_HEADS = beside(
    select(AuditHead.__table__).where(NAMED, ALL_THERE).order_by(AuditHead.stream).with_for_update(), TRAIL
)
MOVE_HEAD = beside(
    update(AuditHead)
    .where(AuditHead.stream == bindparam("of"))
    .values({name: bindparam(name) for name in ("seq", "mac", "signature")}),
    TRAIL,
)


class Broken(AmagaraError):
    """The trail was altered behind the application's back: nothing is recorded until somebody has looked."""

    status = 503


@dataclass
class Entry:
    """A line that waits for the end of its transaction."""

    entity: str
    entity_id: str
    action: str
    facility_id: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    access: Access | None = None  # of whoever did it, when another writes it down, and when it was
    at: str = ""
    place: int | None = None  # among the lines of its transaction: streams do not keep that order
    behalf: Mapping[int, str] | None = None  # for whom, where that is not so of the whole transaction


@dataclass(frozen=True)
class Fault:
    """The first line of a stream that does not fit, and why."""

    stream: str
    seq: int
    reason: str


def note(action: str, entity: str, entity_id: Any = "", facility_id: int | None = None, **facts: Any) -> None:
    """Add a line that no row change makes: a sign-in, a refusal, an export, a bulk write."""
    _trail().append(Entry(entity, str(entity_id), action, facility_id, {}, facts))


def bulk(entity: str, action: str, count: int, **facts: Any) -> None:
    """Add the line of a marked bulk write: how many rows, and from what (file name, its hash)."""
    note(action, entity, facts.pop("id", ""), facts.pop("facility_id", None), count=count, **facts)


def _trail() -> list[Entry]:
    trail: list[Entry] = work().trail
    return trail


def work() -> Any:
    """Return the open unit of work."""
    found = db.session().info.get("work")
    if found is None:
        raise RuntimeError("an audit line is written only inside core.data.work.unit_of_work")
    return found


@event.listens_for(Session, "after_flush")
def _gather(session: AnySession, context: UOWTransaction) -> None:
    """Take down what this flush changed, also what was taken out of a list; histories are still there."""
    gone = [state.obj() for state, (deleted, listed) in context.states.items() if deleted and not listed]
    for action, objects in (("create", session.new), ("change", session.dirty), ("delete", gone)):
        for obj in objects:
            if not isinstance(obj.__scope__, Internal) and (changes := _changes(obj, action)):
                entity_id = "/".join(map(str, inspect(obj).mapper.primary_key_from_instance(obj)))
                _trail().append(Entry(obj.__entity__, entity_id, action, obj.__scope__.facility_id(obj), changes))


def _changes(obj: Any, action: str) -> dict[str, Any]:
    """Return {column: [old, new]}; secrets are named, their values are not kept."""
    changes: dict[str, Any] = {}
    state = inspect(obj)
    own = own_columns(state.mapper)
    for key, secret in _told(state.mapper):
        if action == "create":
            old, new = None, getattr(obj, key)
        else:
            history = state.attrs[key].history
            if action == "change" and not history.has_changes():
                continue
            new = getattr(obj, key) if action != "delete" else None
            old = history.deleted[0] if history.deleted else (getattr(obj, key) if action == "delete" else None)
        if old != new and key in own:
            changes |= changes_of_own(key, old, new)
        elif old != new:
            changes[key] = ["•", "•"] if secret else [plain(old), plain(new)]
    return changes


@cache
def _told(mapper: Any) -> Sequence[tuple[str, bool]]:
    """Return (name, whether it is secret) of the columns that the trail tells; one that is made of others says nothing
    that they do not say."""
    kept = [each for each in mapper.column_attrs if not {"key_of", "derived"} & each.columns[0].info.keys()]
    return [(each.key, bool(each.columns[0].info.get("secret"))) for each in kept]


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    if value is None or type(value) in (str, int, bool):  # most of what is told
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, (Decimal, bytes)) else value


def write(session: AnySession, trail: Iterable[Entry]) -> None:
    """Append the lines to their chains, the streams in one order so that nobody waits in a ring."""
    work = session.info["work"]
    access, at, reason = current(), utcnow().isoformat(), (work.why(), work.reason)
    streams: dict[str, list[Iterable[Line]]] = defaultdict(list)
    for place, entry in enumerate(trail):
        entry.place = place
        said = _said(entry, entry.access or access, entry.at or at, reason)
        streams[_stream_of(entry.facility_id)].append([(columns(said), _body(said))])
    for entry, lines in work.poured:
        streams[_stream_of(entry.facility_id)].append(lines(_said(entry, access, at, reason)))
    heads = _locked_heads(set(streams))
    for stream in sorted(streams):
        _append(stream, heads[stream], chain.from_iterable(streams[stream]))


def _append(stream: str, head: tuple[int, str], lines: Iterator[Line]) -> None:
    """Add lines behind the (seq, mac) of a stream's end; a list of any length, a part at a time."""
    seq, prev = head
    connection, key = db.session.connection(), _key()
    marks = ", ".join(["?" if connection.dialect.paramstyle == "qmark" else "%s"] * len(ROW))
    statement = f"INSERT INTO {AuditEntry.__tablename__} ({', '.join(ROW)}) VALUES ({marks})"  # noqa: S608 (names of our own)
    while part := list(islice(lines, TOGETHER)):
        rows = []
        for columns, body in part:
            seq += 1
            mac = _hmac("audit-v1", stream, str(seq), prev, str(len(body)), body, key=key)
            rows.append((stream, seq, *columns, body, prev, mac))
            prev = mac
        # in plain words: 150,000 rows of a history pass here
        connection.exec_driver_sql(statement, rows, {BECAUSE: TRAIL})
    moved = {"of": stream, "seq": seq, "mac": prev, "signature": _signature(stream, seq, prev)}
    connection.execute(MOVE_HEAD, moved)


def _stream_of(facility_id: int | None) -> str:
    return "core" if facility_id is None else f"f{facility_id}"


def _locked_heads(streams: set[str]) -> dict[str, tuple[int, str]]:
    """Return {stream: (seq, mac) of its end}, the rows locked in one order until the commit; Broken when one is not
    what we signed. Where a stream has none yet, nothing is locked until all have one: the list comes before them."""
    connection, wanted = db.session.connection(), {"streams": list(streams), "number": len(streams)}
    rows = connection.execute(LOCK_HEADS, wanted).all()
    if len(rows) < len(streams):
        _enrol(streams)
        rows = connection.execute(LOCK_HEADS, wanted).all()
    if len(rows) < len(streams) or not all(
        hmac.compare_digest(head.signature, _signature(head.stream, head.seq, head.mac)) for head in rows
    ):
        raise Broken(BROKEN)
    return {head.stream: (head.seq, head.mac) for head in rows}


def _enrol(streams: set[str]) -> None:
    """Begin the streams that have no head yet, and write them into the list first: one that is there has lost it."""
    connection, heads = db.session.connection(), select(AuditHead.stream).where(AuditHead.stream.in_(streams))
    new, listed = streams - set(connection.execute(heads).scalars()), _locked_roll()
    new -= set(connection.execute(heads).scalars())  # begun by another transaction while we waited
    if new & listed.keys():
        raise Broken(BROKEN)
    for stream in sorted(new):
        values = {"stream": stream, "seq": 0, "mac": START, "signature": _signature(stream, 0, START)}
        connection.execute(beside(insert(AuditHead).values(**values), TRAIL))
    if new:
        _sign_roll(listed | dict.fromkeys(new, 1))


def _locked_roll() -> dict[str, int]:
    """Return {stream: height} of the list, its row locked until the commit; Broken when it is not what we signed."""
    query = select(AuditRoll.body, AuditRoll.signature).with_for_update()
    row = db.session.connection().execute(query).first()
    if row is None or not hmac.compare_digest(row.signature, _hmac("audit-roll-v1", row.body)):
        raise Broken(BROKEN)
    listed: dict[str, int] = json.loads(row.body)
    return listed


def first_roll(connection: Connection) -> None:
    """Sign the first list over the heads that are there; RuntimeError names one that we did not sign."""
    heads = connection.execute(text("SELECT stream, seq, mac, signature FROM core_audit_head")).all()
    for stream, seq, mac, signature in heads:
        if signature != _signature(stream, seq, mac):
            raise RuntimeError(f"the head of stream {stream} of the audit trail was not signed with this AUDIT_KEY")
    body = _roll_body({stream: seq for stream, seq, _mac, _signature in heads})
    values = {"id": 1, "body": body, "signature": _hmac("audit-roll-v1", body)}
    connection.execute(
        text("INSERT INTO core_audit_roll (id, body, signature) VALUES (:id, :body, :signature)"), values
    )


def _roll_body(listed: Mapping[str, int]) -> str:
    return json.dumps(dict(listed), sort_keys=True, separators=(",", ":"))


def _sign_roll(listed: Mapping[str, int]) -> None:
    body = _roll_body(listed)
    signed = {"body": body, "signature": _hmac("audit-roll-v1", body)}
    db.session.connection().execute(beside(update(AuditRoll).values(**signed), TRAIL))


def raise_roll() -> None:
    """Write the present heights of all streams into the list: from now on they cannot be lower."""
    listed, heads = _locked_roll(), _heads(db.session.connection())
    if any(stream not in heads or heads[stream].seq < height for stream, height in listed.items()):
        raise Broken(BROKEN)
    _sign_roll({stream: head.seq for stream, head in heads.items()})


def _heads(connection: Connection) -> dict[str, Any]:
    return {head.stream: head for head in connection.execute(select(AuditHead.__table__))}


def accept(reason: str) -> int:
    """Sign the ends of all streams and the list as they stand now, after somebody has looked; return how many.

    The way on after a backup was put back or an alteration was found. It says so in the trail, for good.
    """
    connection = db.session.connection()
    ends = select(AuditEntry.stream, func.max(AuditEntry.seq)).group_by(AuditEntry.stream)
    heights: dict[str, int] = dict(connection.execute(ends).all())
    connection.execute(beside(delete(AuditHead), TRAIL))
    connection.execute(beside(delete(AuditRoll), TRAIL))
    for stream, seq in heights.items():
        last = select(AuditEntry.mac).where(AuditEntry.stream == stream, AuditEntry.seq == seq)
        mac = connection.execute(last).scalar_one()
        head = {"stream": stream, "seq": seq, "mac": mac, "signature": _signature(stream, seq, mac)}
        connection.execute(beside(insert(AuditHead).values(**head), TRAIL))
    connection.execute(beside(insert(AuditRoll).values(id=1, body="{}", signature=""), TRAIL))
    _sign_roll(heights)
    note("trail accepted", "core.trail", streams=len(heights), why=reason)
    return len(heights)


def _said(entry: Entry, access: Access, at: str, why: tuple[str, str]) -> dict[str, Any]:
    """Return what a line says; `why` is (all that is said of the act, what a person wrote of it)."""
    reason, own = why
    return {
        "at": at, "user_id": access.user_id, "user": access.label, "origin": access.origin,
        "request": access.request_id, "facility_id": entry.facility_id, "entity": entry.entity,
        "entity_id": entry.entity_id, "action": entry.action, "changes": entry.changes,
        "facts": entry.facts, "reason": reason, "place": entry.place, **({} if own == reason else {"own": own}),
        **({"token": access.token} if access.token else {}), **({"service": True} if access.service else {}),
        **behalf.said(access.whom if entry.behalf is None else entry.behalf),
    }  # fmt: skip


encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode


def _body(said: Mapping[str, Any]) -> str:
    """Return the signed text of a line: canonical JSON, stored as it is."""
    return encode(said)


def columns(said: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what of a line stands in columns of its own, to be looked for."""
    return tuple(said.get("behalf", "") if name == "behalf" else said[name] for name in COLUMNS)


def _key() -> bytes:
    key: str = current_app.config["AUDIT_KEY"]
    return key.encode()


def _hmac(*parts: str, key: bytes | None = None) -> str:
    key = key or _key()
    return hmac.digest(key, "\x1f".join((KEY_ID, *parts)).encode("utf-8", "surrogatepass"), "sha256").hex()


def _mac(stream: str, seq: int, prev: str, body: str) -> str:
    return _hmac("audit-v1", stream, str(seq), prev, str(len(body)), body)


def _signature(stream: str, seq: int, mac: str) -> str:
    return _hmac("audit-head-v1", stream, str(seq), mac)


def verify(connection: Connection | None = None) -> list[Fault]:
    """Return the first fault of every stream, of this database or another; empty says that the trail is whole."""
    connection = connection or db.session.connection()
    with any_bytes(connection):
        heads = _heads(connection)
        missing = _faults_of_roll(connection, heads)
        query = select(AuditEntry.__table__).order_by(AuditEntry.stream, AuditEntry.seq)
        rows = connection.execute(query, execution_options={"yield_per": 1000})
        faults, seen = [], set()
        for stream, lines in groupby(rows, key=lambda row: row.stream):
            seen.add(stream)
            fault = _first_fault(stream, lines, heads.get(stream))
            faults += [fault] if fault else []
    faults += [Fault(name, 0, "the lines are gone") for name in heads.keys() - seen]
    known = {fault.stream for fault in faults}
    return faults + [fault for fault in missing if fault.stream not in known]


def _faults_of_roll(connection: Connection, heads: Mapping[str, Any]) -> list[Fault]:
    """Return the streams that are missing, or shorter than the signed list says they were."""
    row = connection.execute(select(AuditRoll.body, AuditRoll.signature)).first()
    if row is None or row.signature != _hmac("audit-roll-v1", row.body):
        return [Fault("list", 0, "the signed list of streams was altered or is gone")]
    listed = json.loads(row.body)
    faults = [Fault(name, height, "the stream is gone") for name, height in listed.items() if name not in heads]
    faults += [Fault(name, heads[name].seq, "the stream was longer: its end was cut")
               for name, height in listed.items() if name in heads and heads[name].seq < height]  # fmt: skip
    return faults + [Fault(name, 0, "the signed list does not name it") for name in heads.keys() - listed.keys()]


def _first_fault(stream: str, lines: Iterator[Any], head: Any) -> Fault | None:
    """Return the first line that does not fit the chain, reading no further than needed."""
    expected, prev, fault = 1, START, None
    for line in lines:  # read to the end even after a fault: groupby shares the cursor
        if fault is None:
            fault = _fault_of(stream, line, expected, prev)
        expected, prev = expected + 1, line.mac
    if fault or head is None:
        return fault or Fault(stream, 0, "the signed head is gone")
    if (head.seq, head.mac, head.signature) != (expected - 1, prev, _signature(stream, expected - 1, prev)):
        return Fault(stream, expected - 1, "the end does not fit the signed head")
    return None


def _fault_of(stream: str, line: Any, expected: int, prev: str) -> Fault | None:
    if line.seq != expected:
        return Fault(stream, expected, "a line is missing or stands twice")
    if line.prev != prev or line.mac != _mac(stream, line.seq, prev, str(line.body)):
        return Fault(stream, line.seq, "the line was altered")
    if columns(line._mapping) != columns(json.loads(line.body)):
        return Fault(stream, line.seq, "a column differs from what was signed")
    return None
