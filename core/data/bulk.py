"""Statements beside the rows of the unit of work: neither rights nor the trail see them, so each says why it may.

A flush writes what listeners have judged and put in the trail; a select of the session reads what rights let be seen.
Whatever else is executed on the engine, and any other select of rows that rights may hide, is refused, that of a plugin
from elsewhere too, unless it is marked here with its reason. The driver's own cursor is out of reach of this.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Result,
    SelectBase,
    Table,
    TableClause,
    TextClause,
    UpdateBase,
    event,
)
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause
from sqlalchemy.sql.selectable import TypedReturnsRows

from core.data.access import Access
from core.data.db import FLUSHING, db
from core.data.judging import SEEN, Unguarded, models_by_table

BECAUSE = "amagara_because"
STRANGER = Access(None, "")  # may do nothing anywhere
MARKS = (SavepointClause, ReleaseSavepointClause, RollbackToSavepointClause)  # of a transaction within one
ORDERS = ("PRAGMA ", "BEGIN", "SET LOCAL ", "ANALYZE")  # what core.data.db says to the driver: no rows pass by there
S = TypeVar("S", bound=Executable)
Columns = TypeVarTuple("Columns")


def beside(statement: S, because: str) -> S:
    """Return the statement, marked: it may pass by rights and trail, and `because` says why that is right."""
    return statement.execution_options(**{BECAUSE: because})


def read_beside(
    query: TypedReturnsRows[*Columns], because: str, given: Mapping[str, Any] | None = None, **options: Any
) -> Result[*Columns]:
    """Return the result of a select, with its parameters as `given`, that rights do not narrow: `because` says who
    judged that they need not."""
    return db.session.connection().execute(query, given, execution_options={BECAUSE: because, **options})


@contextmanager
def poured_into(table: Table, because: str) -> Iterator[None]:
    """Let many rows into a table: PostgreSQL looks up their references, and writes its indexes, once at the end.

    In this transaction; the table stays locked until the commit. Row by row it would take ten times as long.
    """
    connection = db.session.connection()
    whole = connection.dialect.name != "postgresql"
    references = [] if whole else sorted(table.foreign_key_constraints, key=lambda each: str(each.name))
    indexes = [] if whole else sorted(table.indexes, key=lambda each: str(each.name))
    before: list[Executable] = [*map(DropConstraint, references), *map(DropIndex, indexes)]
    after: list[Executable] = [
        *map(CreateIndex, indexes),
        *(AddConstraint(each, isolate_from_table=False) for each in references),
    ]
    for order in before:
        connection.execute(order, execution_options={BECAUSE: because})
    yield
    for order in after:
        connection.execute(order, execution_options={BECAUSE: because})


def pour(table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]], because: str) -> None:
    """Add many rows to a table, each its values in the order of `names`, and no default but the database's own."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        copied: Any = connection.connection.dbapi_connection  # the way of the driver alone
        with copied.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 (names of our own)
    ways = [table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for name in names]
    columns = zip(*rows, strict=True)
    written = [column if way is None else map(way, column) for way, column in zip(ways, columns, strict=True)]
    connection.exec_driver_sql(statement, list(zip(*written, strict=True)), {BECAUSE: because})


def guard(engine: Engine) -> None:
    """Refuse on this engine what neither comes from the session's rows nor is marked."""
    event.listen(engine, "before_execute", _refuse)
    event.listen(engine, "before_cursor_execute", _refuse_in_plain_words)


def _refuse(connection: Connection, statement: Any, many: Any, one: Any, options: Any) -> None:
    if options.get(BECAUSE):
        return
    if not isinstance(statement, SelectBase):
        if not FLUSHING.get() and not isinstance(statement, MARKS):
            raise _unguarded(type(statement).__name__)
    elif not options.get(SEEN) and _may_hide(statement):
        raise Unguarded("rights may hide rows of this select: run it by the session, or core.data.bulk says how else")


def _may_hide(statement: Any) -> bool:
    """Return whether a select names a table, if only by its name, of which rights hide rows from somebody; raises
    Unguarded where it writes, or holds words that cannot be looked through."""
    models, names = models_by_table(), set()
    for each in visitors.iterate(statement):
        if isinstance(each, (UpdateBase, TextClause)):
            raise _unguarded(f"a select with {type(each).__name__}")
        if isinstance(each, TableClause):
            names.add(each.name)
    hiding = (models[name] for name in names & models.keys())
    return any(model.__scope__.criteria(model, STRANGER) is not None for model in hiding)


def _refuse_in_plain_words(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    """Refuse what `exec_driver_sql` says: it comes by here alone, and nothing compiled it."""
    plain = context is not None and context.compiled is None and not context.execution_options.get(BECAUSE)
    if plain and (";" in statement or not statement.startswith(ORDERS)):
        raise _unguarded(statement[:20])


def _unguarded(what: str) -> Unguarded:
    return Unguarded(f"{what}: rows are written by a unit of work; core.data.bulk says how else")
