"""Codes and numbers that people type: compared by one folding, kept in a column of its own on every database."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, event, select
from sqlalchemy.orm import Mapped, Mapper, mapped_column

WIDER = 3  # folding a letter gives three at most


def key_of(text: Any) -> str:
    """Return what a code is compared by: without case, composed, accents as they are; "SÉRIE A" becomes "série a"."""
    composed = unicodedata.normalize("NFC", str(text or "").strip())
    return unicodedata.normalize("NFC", composed.casefold())


def number_key(text: Any) -> str:
    """Return what the number of a paper is compared by: its letters and figures alone; "BL-99" becomes "bl99"."""
    return "".join(filter(str.isalnum, key_of(text)))


def key_column(of: str, length: int, **options: Any) -> Mapped[str]:
    """Return the column that holds the key of the column `of`; it follows it, in objects and in plain inserts."""

    def default(context: Any) -> str:
        return key_of(context.get_current_parameters()[of])

    return mapped_column(String(WIDER * length), default=default, info={"key_of": of}, **options)


def add_key(operations: Any, table: str, key: str, of: str, length: int, within: Sequence[str] = ()) -> None:
    """Add a key column to a stored table, filled, with its unique index. For migrations.

    Of rows that the old comparison took for different ones, the later keep a key of their own ("abc~12"):
    they stay apart as they were, and nothing that names them has to change.
    """
    operations.add_column(table, Column(key, String(WIDER * length), nullable=False, server_default=""))
    connection, seen = operations.get_bind(), set()
    rows = Table(table, MetaData(), autoload_with=connection)
    for row in connection.execute(select(rows).order_by(rows.c.id)).mappings().all():
        value = key_of(row[of])
        place = (*(row[name] for name in within), value)
        value = f"{value}~{row['id']}" if place in seen else value
        seen.add(place)
        connection.execute(rows.update().where(rows.c.id == row["id"]).values({key: value}))
    operations.create_index(f"ix_{table}_{'_'.join((*within, key))}", table, [*within, key], unique=True)
    if connection.dialect.name == "postgresql":
        operations.alter_column(table, key, server_default=None)


@event.listens_for(Mapper, "mapper_configured")
def _follow(mapper: Mapper[Any], model: type[Any]) -> None:
    """Set the key of a row whenever its code is set."""
    for attribute in mapper.column_attrs:
        of = attribute.columns[0].info.get("key_of")
        if of:
            event.listen(getattr(model, of), "set", _setter(attribute.key))


def _setter(name: str) -> Any:
    def follow(target: Any, value: Any, old: Any, initiator: Any) -> None:
        setattr(target, name, key_of(value))

    return follow
