"""Audit, once, below the views: every change leaves a line in a keyed chain.

The lines of a transaction are gathered at its flushes and written at its end, one
chain a stream (a facility, or the core's own), so two transactions meet on a head
row once and in one order. mac = HMAC-SHA256(key, "audit-v1" ‖ stream ‖ seq ‖ prev ‖ length ‖ body).
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Integer, String, Text, event, insert, inspect, select, update
from sqlalchemy.orm import Mapped, UOWTransaction, mapped_column
from sqlalchemy.orm import Session as AnySession

from core.data.access import Access, Internal, current
from core.data.db import Model, Session, db, upsert, utcnow

START = "0" * 64
KEY_ID = "k1"


class AuditEntry(Model):
    """One change: who, when, where, what, old and new, why. The body is what was signed."""

    __tablename__ = "core_audit"
    __scope__ = Internal()
    __append_only__ = True

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[str] = mapped_column(String(32), index=True)
    user_id: Mapped[int | None] = mapped_column(Integer, index=True)
    facility_id: Mapped[int | None] = mapped_column(Integer, index=True)
    entity: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[str] = mapped_column(String(60), index=True)
    action: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    prev: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))


class AuditHead(Model):
    """The signed end of a stream: a cut tail no longer fits it."""

    __tablename__ = "core_audit_head"
    __scope__ = Internal()

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    mac: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(64))


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
    work = db.session().info.get("work")
    if work is None:
        raise RuntimeError("an audit line is written only inside core.data.work.unit_of_work")
    trail: list[Entry] = work.trail
    return trail


@event.listens_for(Session, "after_flush")
def _gather(session: AnySession, context: UOWTransaction) -> None:
    """Take down what this flush changed; histories are still there."""
    for action, objects in (("create", session.new), ("change", session.dirty), ("delete", session.deleted)):
        for obj in objects:
            if not isinstance(obj.__scope__, Internal) and (changes := _changes(obj, action)):
                entity_id = "/".join(map(str, inspect(obj).mapper.primary_key_from_instance(obj)))
                _trail().append(Entry(obj.__entity__, entity_id, action, obj.__scope__.facility_id(obj), changes))


def _changes(obj: Any, action: str) -> dict[str, Any]:
    """Return {column: [old, new]}; secrets are named, their values are not kept."""
    changes: dict[str, Any] = {}
    state = inspect(obj)
    for attribute in state.mapper.column_attrs:
        if "key_of" in attribute.columns[0].info:
            continue  # it says nothing that its code does not say
        history = state.attrs[attribute.key].history
        new = getattr(obj, attribute.key) if action != "delete" else None
        old = history.deleted[0] if history.deleted else (getattr(obj, attribute.key) if action == "delete" else None)
        if action == "change" and not history.has_changes():
            continue
        if (old, new) != (None, None) and old != new:
            secret = attribute.columns[0].info.get("secret")
            changes[attribute.key] = ["•", "•"] if secret else [_plain(old), _plain(new)]
    return changes


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, (Decimal, bytes)) else value


def write(session: AnySession, trail: Iterable[Entry]) -> None:
    """Append the lines to their chains, the streams in one order so that nobody waits in a ring."""
    access, at, reason = current(), utcnow().isoformat(), session.info["work"].reason

    def stream_of(entry: Entry) -> str:
        return "core" if entry.facility_id is None else f"f{entry.facility_id}"

    for stream, entries in groupby(sorted(trail, key=stream_of), key=stream_of):
        seq, prev = _locked_head(stream)
        rows = []
        for entry in entries:
            seq += 1
            body = _body(entry, entry.access or access, entry.at or at, reason)
            mac = _mac(stream, seq, prev, body)
            rows.append(_row(stream, seq, body, prev, mac))
            prev = mac
        db.session.connection().execute(insert(AuditEntry), rows)
        head = {"seq": seq, "mac": prev, "signature": _signature(stream, seq, prev)}
        db.session.connection().execute(update(AuditHead).where(AuditHead.stream == stream).values(**head))


def _locked_head(stream: str) -> tuple[int, str]:
    """Return (seq, mac) of a stream's end, its row locked until the commit."""
    connection = db.session.connection()
    first = upsert(AuditHead).values(stream=stream, seq=0, mac=START, signature=_signature(stream, 0, START))
    connection.execute(first.on_conflict_do_nothing())
    query = select(AuditHead.seq, AuditHead.mac).where(AuditHead.stream == stream).with_for_update()
    seq, mac = connection.execute(query).one()
    return seq, mac


def _body(entry: Entry, access: Access, at: str, reason: str) -> str:
    """Return the signed text of a line: canonical JSON, stored as it is."""
    said = {
        "at": at, "user_id": access.user_id, "user": access.label, "origin": access.origin,
        "request": access.request_id, "facility_id": entry.facility_id, "entity": entry.entity,
        "entity_id": entry.entity_id, "action": entry.action, "changes": entry.changes,
        "facts": entry.facts, "reason": reason,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _row(stream: str, seq: int, body: str, prev: str, mac: str) -> dict[str, Any]:
    said = json.loads(body)
    columns = {name: said[name] for name in ("at", "user_id", "facility_id", "entity", "entity_id", "action")}
    return {"stream": stream, "seq": seq, "body": body, "prev": prev, "mac": mac, **columns}


def _hmac(*parts: str) -> str:
    key = current_app.config["AUDIT_KEY"].encode()
    return hmac.new(key, "\x1f".join((KEY_ID, *parts)).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _mac(stream: str, seq: int, prev: str, body: str) -> str:
    return _hmac("audit-v1", stream, str(seq), prev, str(len(body)), body)


def _signature(stream: str, seq: int, mac: str) -> str:
    return _hmac("audit-head-v1", stream, str(seq), mac)


def verify() -> list[Fault]:
    """Return the first fault of every stream; an empty list says the trail is whole."""
    with _any_bytes(connection := db.session.connection()):
        heads = {head.stream: head for head in connection.execute(select(AuditHead.__table__))}
        query = select(AuditEntry.__table__).order_by(AuditEntry.stream, AuditEntry.seq)
        rows = connection.execute(query, execution_options={"yield_per": 1000})
        faults, seen = [], set()
        for stream, lines in groupby(rows, key=lambda row: row.stream):
            seen.add(stream)
            fault = _first_fault(stream, lines, heads.get(stream))
            faults += [fault] if fault else []
    faults += [Fault(name, 0, "the lines are gone") for name in heads.keys() - seen]
    return faults


@contextmanager
def _any_bytes(connection: Connection) -> Iterator[None]:
    """Let SQLite hand out text that is no longer UTF-8: damage is to be named, not to stop the check."""
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    raw.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str


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
    if dict(line._mapping) != _row(stream, line.seq, line.body, line.prev, line.mac):
        return Fault(stream, line.seq, "a column differs from what was signed")
    return None
