"""The one write door: transaction, idempotency, audit, outbox, retries, one commit."""

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint, bindparam, delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.ports import Words
from core.contract.words import _
from core.data import audit, clocks, failures, outbox
from core.data.access import Access, Internal, acting, current
from core.data.bulk import beside
from core.data.db import Model, UTCDateTime, db, local, upsert, utcnow
from core.data.errors import Conflict, Doubt, Question, Unavailable

ATTEMPTS = 6
PATIENCE = 7.0  # seconds that a person waits for other writers before he is told; jobs and commands wait longer
PLACES = threading.BoundedSemaphore(24)  # writers of one process at a time: its other threads go on serving readers
TURN = threading.Lock()
RETRYABLE = {"40001", "40P01"}
KEYS = "the answer of a request, whose effect is in the trail"


class Idempotency(Model):
    """The stored answer of a request that changed something, kept with its effect."""

    __tablename__ = "core_idempotency"
    __scope__ = Internal()
    __table_args__ = (UniqueConstraint("actor", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(64))
    body_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


@dataclass
class Work:
    """What one transaction gathers until its commit."""

    reason: str = ""  # as a person wrote it
    notes: list[str] = field(default_factory=list)  # in the system's words
    trail: list[audit.Entry] = field(default_factory=list)
    poured: list[tuple[audit.Entry, audit.Poured]] = field(default_factory=list)  # read at the end
    told: list[Any] = field(default_factory=list)
    rings: bool = False  # something waits for the worker after the commit
    confirmed: frozenset[str] = frozenset()  # tokens of the questions that the person said yes to
    open: list[Question] = field(default_factory=list)
    seen: Mapping[str, int] = field(default_factory=dict)  # the last step of each document that the page had shown
    steps: set[int] = field(default_factory=set)  # those that this transaction takes
    moved: dict[str, tuple[Any, Any, bool]] = field(default_factory=dict)  # the objects that take them: states.record
    behalf: dict[int, str] = field(default_factory=dict)  # those whose lent rights it needs, by their names
    somewhere: dict[int, str] = field(default_factory=dict)  # those who lent a right that was asked for at no place
    held: dict[str, Any] = field(default_factory=dict)  # rows and locks that it has, so that nobody asks for them again
    judging: bool = False  # whether a row may be written: what is asked meanwhile is asked for its sake
    written: datetime | None = None  # when a form that waited on a device was filled in there
    by_person: bool = False  # whether a person opened it, whoever acts in it: the machine does many acts in one

    def why(self) -> str:
        """Return all that is said of the act: what a person wrote, then what the system says."""
        return "; ".join(filter(None, (self.reason, *self.notes)))

    def settle(self) -> None:
        """Raise Doubt when a question was asked that nobody has said yes to."""
        if self.open:
            raise Doubt(self.open)


def be_patient(seconds: float) -> None:
    """Let this job or command wait so long for other writers."""
    db.session().info["patience"] = seconds


@contextmanager
def _a_place(patience: float) -> Iterator[float]:
    """Hold one of the places at the door; yield how many seconds of patience are left.

    Whoever finds no place is told, and holds up no reader. Threads of one process that write to SQLite wait for one
    another here, in their order: its own lock is taken by whoever happens to look first.
    """
    end = time.monotonic() + patience
    if not PLACES.acquire(timeout=min(1.0, patience)):
        raise Unavailable(failures.BUSY)
    try:
        with _in_turn(patience) if db.engine.dialect.name == "sqlite" else nullcontext():
            yield max(end - time.monotonic(), 0.05)
    finally:
        PLACES.release()


@contextmanager
def _in_turn(patience: float) -> Iterator[None]:
    if not TURN.acquire(timeout=patience):
        raise Unavailable(failures.BUSY)
    try:
        yield
    finally:
        TURN.release()


@contextmanager
def unit_of_work(
    access: Access | None = None, reason: str = "", confirmed: Collection[str] = (),
    seen: Mapping[str, int] | None = None, written: datetime | None = None,
) -> Iterator[Work]:  # fmt: skip
    """Open one write transaction and commit it once; roll everything back on any error.

    Objects loaded before are read anew inside, so that decisions rest on fresh rows. A question that a service
    has asked and whose token is not `confirmed` ends it as a Doubt; a step of a document that somebody has taken
    further than it was `seen` ends it as a Conflict.
    """
    session = db.session()
    if session.info.get("work") is not None:
        raise RuntimeError("a unit of work is open already: services flush, they never open one")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed before the unit of work was opened")
    session.rollback()
    with _a_place(session.info.get("patience", PATIENCE)) as left, acting(access or current()):
        work = session.info["work"] = Work(reason, confirmed=frozenset(confirmed), seen=seen or {}, written=written)
        work.by_person = current().user_id is not None
        if written is not None:
            moment = f"{local(written):%d/%m/%Y %H:%M}"
            work.notes.append(str(_("Written without a network on %(moment)s", moment=moment)))
        try:
            session.connection(execution_options={"amagara_write": left})
            yield work
            work.settle()
            session.flush()
            clocks.keep_time(work.moved.values())
            audit.write(session, work.trail)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["work"] = None
    if work.rings:
        outbox.ring()


def perform(
    operation: Callable[[], Any], *, key: str | None = None, body: str = "", reason: str = "",
    confirmed: Collection[str] = (), seen: Mapping[str, int] | None = None, written: datetime | None = None,
) -> Any:  # fmt: skip
    """Run an operation through the door and return its value.

    With a `key`, the value must be JSON: a repeat of the key by the same person
    returns it without running again; the same key with another body is a Conflict.
    Serialisation failures, deadlocks and busy databases are tried again, as long as patience lasts; then, and when
    the disk fails, Unavailable says so in words.
    """
    end = time.monotonic() + db.session().info.get("patience", PATIENCE)
    for attempt in range(ATTEMPTS):
        try:
            with unit_of_work(reason=reason, confirmed=confirmed, seen=seen, written=written):
                return operation() if key is None else _once(operation, key, body)
        except DBAPIError as error:
            again = _retryable(error)
            if attempt and not again and _taken(error):
                words = _("Another entry has this code or number already. Look for it, or choose another.")
                raise Conflict(words) from error
            last = attempt == ATTEMPTS - 1 or time.monotonic() > end
            if last or not (again or _taken(error)):
                if (failure := failures.told(error)) is not None:
                    raise failure from error
                raise
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
    raise AssertionError("unreachable")


ANSWER = beside(update(Idempotency).where(Idempotency.id == bindparam("row")).values(answer=bindparam("answer")), KEYS)


@cache
def _taking_key(_dialect: str) -> Any:
    """Return the statement that takes a key and returns its row; nothing where the key is taken."""
    return beside(upsert(Idempotency).on_conflict_do_nothing().returning(Idempotency.id), KEYS)


def _once(operation: Callable[[], Any], key: str, body: str) -> Any:
    """Return the stored answer of a key, or run and store."""
    actor = _actor()
    body_hash = hashlib.sha256(body.encode()).hexdigest()
    row = {"actor": actor, "key": key, "body_hash": body_hash, "answer": "null"}
    connection = db.session.connection()
    made = connection.execute(_taking_key(db.engine.dialect.name), row).scalar()  # a second request of it waits here
    if made is not None:
        value = operation()
        connection.execute(ANSWER, {"row": made, "answer": json.dumps(value)})
        return value
    query = select(Idempotency.body_hash, Idempotency.answer)
    stored = db.session.execute(query.where(Idempotency.actor == actor, Idempotency.key == key)).one()
    if stored.body_hash != body_hash:
        raise Conflict(_("This form was already sent with other contents. Reload the page to see what was recorded."))
    return json.loads(stored.answer)


def _actor() -> str:
    access = current()
    by = "" if access.token_id is None else f" {access.token_id}"  # two programs of a person may count alike
    return access.label if access.user_id is None else f"{access.user_id}{by}"


def stored_answers(keys: Collection[str]) -> dict[str, Any]:
    """Return {key: stored answer, and `at` when it was} of those of the keys of which this person has something
    recorded."""
    query = select(Idempotency.key, Idempotency.answer, Idempotency.created_at)
    rows = db.session.execute(query.where(Idempotency.actor == _actor(), Idempotency.key.in_(keys))) if keys else ()
    return {key: {**(json.loads(answer) or {}), "at": at.isoformat()} for key, answer, at in rows}


def forget_keys(before: datetime) -> None:
    """Remove the stored answers from before a moment: their forms could be sent again from then on."""
    db.session.execute(beside(delete(Idempotency).where(Idempotency.created_at < before), "keys that had their time"))


def _retryable(error: DBAPIError) -> bool:
    """Return whether another try may succeed: conflicts and locks, or a key that just arrived twice."""
    if isinstance(error, IntegrityError):
        return "uuid" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in RETRYABLE or "locked" in str(error.orig)


def ask(code: str, words: Words, *, about: str = "", field: str | None = None, line: int | None = None) -> str:
    """Return the words of a question that the person said yes to; otherwise note it and return "".

    The operation runs on, so that everything it has to ask is asked at once; the door then ends it as a Doubt.
    Whoever needs the answer kept with a row writes the words there; they stand in the trail as the reason anyway.
    """
    question = Question(code, words, about, field, line)
    return _answered(question, question.token in _confirmed(), words)


def choose(
    code: str, words: Words, choices: Sequence[tuple[str, Words]], *, about: str = "", field: str | None = None,
    line: int | None = None,
) -> str:  # fmt: skip
    """Return the choice that the person has made of some (code, words); otherwise note the question and return ""."""
    said, offered = answer_to(code, about), dict(choices)
    question = Question(code, words, about, field, line, choices)
    return said if _answered(question, said in offered, f"{words} {offered.get(said, '')}") else ""


def explain(
    code: str, words: Words, *, about: str = "", field: str | None = None, line: int | None = None
) -> str:  # fmt: skip
    """Return why the person does something unusual all the same; otherwise note the question and return ""."""
    why = answer_to(code, about).strip()
    question = Question(code, words, about, field, line, explained=True)
    if not _answered(question, bool(why), words):
        return ""
    work = db.session().info["work"]
    if why not in work.reason:
        work.reason = "; ".join(filter(None, (work.reason, why)))
    return why


def answer_to(code: str, about: str) -> str:
    """Return what the person has chosen when this was asked before, or ""."""
    start = f"{Question(code, '', about).token}:"
    return next((one[len(start) :] for one in _confirmed() if one.startswith(start)), "")


def _confirmed() -> frozenset[str]:
    work: Work | None = db.session().info.get("work")
    return work.confirmed if work else frozenset()


def _answered(question: Question, said: bool, words: Words) -> str:
    """Return the words that are kept of a question which was answered; else note the question and return ""."""
    work: Work | None = db.session().info.get("work")
    if work is None:
        raise Doubt([question])
    if not said:
        if question.token not in {one.token for one in work.open}:  # whoever asks first knows its place
            work.open.append(question)
        return ""
    answer = str(_("Confirmed: %(words)s", words=words))
    if answer not in work.notes:
        work.notes.append(answer)
    return answer


def written_at() -> datetime | None:
    """Return when what is being recorded was written down on a device that had no network: it has happened, whatever
    is known by now. None of what is sent at once."""
    work: Work | None = db.session().info.get("work")
    return work.written if work else None


def note(words: Words) -> None:
    """Say something in the trail of this transaction, in the system's words, beside why a person did it."""
    work: Work | None = db.session().info.get("work")
    if work is not None:
        work.notes.append(str(words))


def tell(words: Any) -> None:
    """Say something to whoever asked, beside the answer: what else the operation did. Pages show it."""
    work = db.session().info.get("work")
    if work is not None:
        work.told.append(words)


def told() -> list[str]:
    """Return what was said in this transaction so far, in the language of the page."""
    work = db.session().info.get("work")
    return [] if work is None else [str(words) for words in work.told]


def _taken(error: DBAPIError) -> bool:
    """Return whether a unique code or number is taken: a second look may say by whom."""
    text = str(error.orig)
    return isinstance(error, IntegrityError) and ("UNIQUE" in text or getattr(error.orig, "sqlstate", "") == "23505")


def settle() -> None:
    """Raise the Doubt now, before a step that only makes sense after a yes to what was asked."""
    work = db.session().info.get("work")
    if work is not None:
        work.settle()


def emit(topic: str, obj: Any, **data: Any) -> None:
    """Record a fact in this transaction; the hooks `happened` hear of it after the commit."""
    outbox.add(topic, obj, data)
