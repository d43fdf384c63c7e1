"""The floor under what is written: the same rows by the driver alone, in the fewest statements that make them.

It is the least honest way: no right is judged, no lot or store is looked at, nothing is asked, no count of the day is
met, and no turn is thought of. What stays is what a reader of the database finds afterwards: the key of the request, the
number, the movement, both balances (the one that falls guarded by its statement), the line of the trail in its keyed
chain with the signed head, in one transaction that is durable like the service's.
"""

import csv
import hashlib
import hmac
import io
import json
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from core.data.db import today

PRAGMAS = ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-1000")
NAMES = (
    "uuid", "source_id", "target_id", "source_facility_id", "target_facility_id", "product_id", "lot_id", "quantity",
    "occurred_on", "recorded_at", "user_id", "user_label", "reason_id", "comment", "document", "document_ref", "paper",
    "paper_key", "counterpart", "device",
)  # fmt: skip
TRAIL = ("stream", "seq", "at", "user_id", "facility_id", "entity", "entity_id", "action", "body", "prev", "mac")


def insert(table: str, names: tuple[str, ...], more: str = "") -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) {more}"


ADD = (
    "INSERT INTO elmis_balance (location_id, lot_id, product_id, facility_id, physical, quantity) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (location_id, lot_id) DO UPDATE SET quantity = elmis_balance.quantity + excluded.quantity"
)
NUMBER = (
    "INSERT INTO core_counter (kind, unit, year, last) VALUES ('BD', ?, ?, 1) "
    "ON CONFLICT (kind, unit, year) DO UPDATE SET last = core_counter.last + 1 RETURNING last"
)


@dataclass(frozen=True)
class Ids:
    """Whom and what the rows name."""

    user: int
    label: str
    place: int
    product: int
    lot: int
    store: int
    gone: int
    reason: int


class Floor:
    """A connection to the database of the application, and the same rows through it."""

    def __init__(self, url: str, key: str, ids: Ids) -> None:
        self.key, self.ids, self.sqlite = key.encode(), ids, url.startswith("sqlite")
        if self.sqlite:
            self.connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            for pragma in PRAGMAS:
                self.connection.execute(f"PRAGMA {pragma}")
        else:
            self.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        return self.connection.execute(statement if self.sqlite else statement.replace("?", "%s"), values)

    def moment(self) -> Any:
        now = datetime.now(UTC)
        return now.isoformat(" ") if self.sqlite else now

    def movement(self, numbered: bool = False) -> None:
        """Write one movement of one unit; as a document it has a number."""
        ids, key, now = self.ids, str(uuid.uuid4()), self.moment()
        day = today().isoformat() if self.sqlite else today()
        self.run("BEGIN IMMEDIATE" if self.sqlite else "BEGIN")
        body_hash, taken = hashlib.sha256(key.encode()).hexdigest(), (str(ids.user), key)
        self.run(
            insert("core_idempotency", ("actor", "key", "body_hash", "answer", "created_at")), (*taken, body_hash, '"1"', now)
        )  # fmt: skip
        number = ""
        if numbered:
            number = f"BD-{today().year}-{self.run(NUMBER, (ids.place, today().year)).fetchone()[0]:05d}"
        row = (
            key, ids.store, ids.gone, ids.place, ids.place, ids.product, ids.lot, 1, day, now, ids.user, ids.label,
            ids.reason, "", number, "", "", number.lower(), "", "",
        )  # fmt: skip
        id_ = self.run(insert("elmis_movement", NAMES, "RETURNING id"), row).fetchone()[0]
        less = "UPDATE elmis_balance SET quantity = quantity - 1 WHERE location_id = ? AND lot_id = ? AND quantity >= 1"
        assert self.run(less, (ids.store, ids.lot)).rowcount == 1
        self.run(ADD, (ids.gone, ids.lot, ids.product, ids.place, False, 1))
        self.trail([(id_, row)], "core_audit")
        self.run("COMMIT")

    def trail(self, rows: list[tuple[int, tuple[Any, ...]]], table: str) -> None:
        """Add a line for each row to the chain of the place, and sign its new end."""
        ids, stream, at, lines = self.ids, f"f{self.ids.place}", datetime.now(UTC).isoformat(), []
        lock = "" if self.sqlite else "FOR UPDATE"
        seq, prev = self.run(f"SELECT seq, mac FROM core_audit_head WHERE stream = ? {lock}", (stream,)).fetchone()
        for id_, row in rows:
            changes = {name: [None, str(value)] for name, value in zip(NAMES, row, strict=True) if value}
            said = {
                "at": at, "user_id": ids.user, "user": ids.label, "origin": "", "request": "", "facility_id": ids.place,
                "entity": "elmis.movement", "entity_id": str(id_), "action": "create", "changes": changes, "facts": {},
                "reason": "", "place": 0,
            }  # fmt: skip
            body, seq = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")), seq + 1
            mac = self.signed("audit-v1", stream, str(seq), prev, str(len(body)), body)
            who = (ids.user, ids.place, "elmis.movement", str(id_), "create")
            lines.append((stream, seq, at, *who, body, prev, mac))
            prev = mac
        self.pour(table, TRAIL, lines)
        head = (seq, prev, self.signed("audit-head-v1", stream, str(seq), prev), stream)
        self.run("UPDATE core_audit_head SET seq = ?, mac = ?, signature = ? WHERE stream = ?", head)

    def signed(self, *parts: str) -> str:
        return hmac.digest(self.key, "\x1f".join(("k1", *parts)).encode(), "sha256").hex()

    def pour(self, table: str, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        """Write rows: one by its statement, many as the database takes them fastest (executemany, COPY)."""
        if len(rows) == 1:
            self.run(insert(table, names), rows[0])
        elif self.sqlite:
            self.connection.executemany(insert(table, names), rows)
        else:
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            with self.connection.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT csv)") as copy:
                copy.write(text.getvalue())

    def movements(self, count: int, bare: bool = False) -> None:
        """Write a list of receipts: into a bare table of the same columns, or the ledger with balances and trail."""
        ids, now, day = self.ids, datetime.now(UTC).isoformat(" "), today().isoformat()
        last = ids.user, ids.label, ids.reason, "-", "-", "-", "-", "-", "-", "-"
        sides = ids.gone, ids.store, ids.place, ids.place, ids.product, ids.lot, 5, day, now
        rows = [(str(uuid.uuid4()), *sides, *last) for _number in range(count)]
        self.run("BEGIN IMMEDIATE" if self.sqlite else "BEGIN")
        if bare:
            self.run(f"CREATE TABLE bare AS SELECT {', '.join(NAMES)} FROM elmis_movement LIMIT 0")
            self.pour("bare", NAMES, rows)
            self.run("DROP TABLE bare")
        else:
            first = self.run("SELECT max(id) FROM elmis_movement").fetchone()[0]
            self.pour("elmis_movement", NAMES, rows)
            for place, units in ((ids.store, 5 * count), (ids.gone, -5 * count)):
                self.run(ADD, (place, ids.lot, ids.product, ids.place, place == ids.store, units))
            self.trail(list(enumerate(rows, first + 1)), "core_audit")
        self.run("COMMIT")
