"""The database: base class, session, types; the only place that knows Flask-SQLAlchemy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Executable, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapper
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from core.config import CannotStart
from core.data.calendar import local, today, utcnow

__all__ = [
    "Base",
    "Model",
    "Money",
    "Quantity",
    "Session",
    "UTCDateTime",
    "any_bytes",
    "db",
    "learn",
    "local",
    "one_moment",
    "today",
    "upsert",
    "utcnow",
    "write_beside",
]

CACHE = 1000  # KB of its file that a connection to SQLite holds; the operating system holds the rest
Quantity = BigInteger  # base units of a product, whole
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all models; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMES)


@event.listens_for(Mapper, "instrument_class")
def _is_guarded(mapper: "Mapper[Any]", model: type[Any]) -> None:
    """A model without a scope is none: nobody would know who reads its rows."""
    if not hasattr(model, "__scope__"):
        raise CannotStart(f"{model.__name__} has no __scope__: who reads its rows, and who writes them?")


FLUSHING: ContextVar[bool] = ContextVar("flushing", default=False)


class Session(FlaskSession):
    """The session of a request, task or command; the listeners of the data floor hang on it."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write the rows that changed: `core.data.bulk` lets these statements pass."""
        before = FLUSHING.set(True)
        try:
            super().flush(objects)
        finally:
            FLUSHING.reset(before)


db = SQLAlchemy(model_class=Base, session_options={"class_": Session})
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class UTCDateTime(TypeDecorator[datetime]):
    """A moment; aware in Python, kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC; a naive one is an error of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount with four decimals, kept exactly as whole ten-thousandths on every database."""

    impl = BigInteger
    cache_ok = True
    UNIT = Decimal("0.0001")

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Return ten-thousandths, rounded half to even."""
        if value is None:
            return None
        return int(Decimal(value).quantize(self.UNIT, ROUND_HALF_EVEN).scaleb(4))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the amount."""
        return None if value is None else Decimal(int(value)).scaleb(-4)


def learn(table: str = "") -> None:
    """Let the database learn from a sample how its rows are spread, in a table or in all: its plans depend on it after
    much was poured in."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
    connection.exec_driver_sql(f"ANALYZE {table}")


def make_room(megabytes: int = 64) -> None:
    """Let SQLite hold more of this one transaction in memory: a long one would write its pages again and again."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        connection.info["room"] = True
        connection.exec_driver_sql(f"PRAGMA cache_size={-1024 * megabytes}")


@event.listens_for(Engine, "do_connect")
def _hold_few_statements(dialect: Dialect, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    """SQLite keeps statements ready for each connection, as large as their plans: the system's cache has the pages."""
    if dialect.name == "sqlite":
        options.setdefault("cached_statements", 20)


@event.listens_for(Pool, "checkin")
def _give_room_back(connection: Any, record: Any) -> None:
    if record.info.pop("room", None) and connection is not None:
        connection.execute(f"PRAGMA cache_size={-CACHE}")
        connection.execute("PRAGMA shrink_memory")


def upsert(table: Any) -> Any:
    """Return an INSERT that knows ON CONFLICT, for the database in use."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(table)


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:
    """SQLite: WAL and FULL: an acknowledged commit survives a power cut; transactions are begun by us. PostgreSQL: no
    plan is compiled, which takes longer than running it."""
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None
        kept = ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
        for pragma in (*kept, f"cache_size={-CACHE}"):
            connection.execute(f"PRAGMA {pragma}")
    else:
        connection.autocommit = True  # or a rollback would take it back
        connection.execute("SET jit = off")
        connection.autocommit = False


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """A write transaction takes SQLite's write lock at once (an upgrade later skips the busy timeout).

    `amagara_write` says how many seconds it waits for others: the lock of SQLite, or a row lock of PostgreSQL.
    """
    patience: float | None = connection.get_execution_options().get("amagara_write")
    if connection.dialect.name == "sqlite":
        if patience is not None and connection.info.get("patience") != (wait := -(-patience // 0.1) * 100):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait:.0f}")
            connection.info["patience"] = wait
        connection.exec_driver_sql("BEGIN" if patience is None else "BEGIN IMMEDIATE")
    elif patience is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(int(patience * 1000), 1)}")


def one_moment() -> None:
    """Begin a reading transaction in which all statements see the database as it is now, whoever writes meanwhile."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def write_beside(statement: Executable, patience: float = 0.0) -> bool:
    """Run one statement in a transaction of its own; return False, and leave it out, when somebody else is writing.

    For what may be missed: the last visit of a person, how far a job is. No reader waits for it.
    """
    try:
        with db.engine.execution_options(amagara_write=patience).begin() as connection:
            connection.execute(statement)
    except DBAPIError:
        return False
    return True


@contextmanager
def any_bytes(connection: Connection) -> Iterator[None]:
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
