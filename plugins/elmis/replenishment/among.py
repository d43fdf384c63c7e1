"""Ids by the hundred as one value of a statement: a list would be written out, read and bound anew each time."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Dialect, Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator

from core.data.db import db


class Ids(TypeDecorator[Collection[int]]):
    """Many ids, for `among`."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return an array, or text where there are none."""
        return dialect.type_descriptor(ARRAY(Integer) if dialect.name == "postgresql" else String())

    def ready(self, ids: Collection[int]) -> Any:
        """Return ids as the database in use takes them, in one order: a statement names them many times."""
        return self.process_bind_param(ids, db.engine.dialect)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return ids as a database takes them; what was made ready stays."""
        if isinstance(value, (str, list)):
            return value
        ids = sorted(value or ())
        return ids if dialect.name == "postgresql" else json.dumps(ids)


class among(FunctionElement[Any]):
    """Whether a column is one of the ids of a parameter of type Ids, in SQL."""

    type: Any = NullType()  # of a truth value SQLite would be asked whether it is 1, and find no index
    inherit_cache = True


@compiles(among)
def _any(element: Any, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(among, "sqlite")
def _each(element: Any, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 (both compiled, never text of others)
