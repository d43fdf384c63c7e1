"""Finding by words, whatever their case and accents, with the same answer on every database."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Engine, String, and_, cast, event, false, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import MANYTOONE, Mapper
from sqlalchemy.sql.functions import FunctionElement

LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'"}
LETTERS = {
    chr(code): base
    for code in range(0xC0, 0x180)
    if (base := unicodedata.normalize("NFD", chr(code))[0].lower()).isascii() and base.isalpha()
}
_PLAIN, _ODD = LETTERS | LIGATURES, re.compile(r"[^\x00-\x7f]")
WORDS = 8


def folded(text: Any) -> str:
    """Return a text without case and accents: "Élève" becomes "eleve"."""
    words = "" if text is None else str(text)
    return words.lower() if words.isascii() else _plain(words)


@lru_cache(2000)  # a list that is sorted by name folds the same names at each look
def _plain(words: str) -> str:
    for letter in set(_ODD.findall(words)):  # a few in most texts: sooner done than looking each letter up
        if letter in _PLAIN:
            words = words.replace(letter, _PLAIN[letter])
    return words.lower()


class fold(FunctionElement[str]):
    """An SQL expression without case and accents."""

    type = String()
    inherit_cache = True


@compiles(fold, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    """Return the function of Python, but for a column that holds plain letters, which SQLite lowers itself."""
    inner = compiler.process(element.clauses, **options)
    (of,) = element.clauses
    if not isinstance(of, Column):
        return f"amagara_fold({inner})"
    return (
        f"CASE WHEN length({inner}) = length(CAST({inner} AS BLOB)) THEN lower({inner}) ELSE amagara_fold({inner}) END"
    )


@compiles(fold, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    """Return translate(…): a locale without French letters does not matter."""
    inner = compiler.process(element.clauses, **options)
    for letter, plain in LIGATURES.items():
        inner = f"replace({inner}, '{letter}', '{plain.replace(chr(39), chr(39) * 2)}')"
    return f"lower(translate({inner}, '{''.join(LETTERS)}', '{''.join(LETTERS.values())}'))"


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.create_function("amagara_fold", 1, folded, deterministic=True)


def matches(text: str, *columns: Any, of: Any = None) -> ColumnElement[bool]:
    """Return the condition that every word of a text occurs in one of the columns.

    Columns of what many rows `of` a model share, their type for one, are looked through once, not row by row.
    """
    words = folded(clean(text)).split()[:WORDS]
    apart = {column: link for column in columns if of is not None and (link := _link(of, column)) is not None}
    own = [column for column in columns if column not in apart]
    return and_(true(), *(or_(_holds(own, word), *_shared(apart, word)) for word in words))


def _holds(columns: Iterable[Any], word: str) -> ColumnElement[bool]:
    """Return the condition that a folded word occurs in one of some columns."""
    texts = (fold(cast(column, String) if not isinstance(column.type, String) else column) for column in columns)
    return or_(false(), *(each.contains(word, autoescape=True) for each in texts))


def _shared(apart: Mapping[Any, Any], word: str) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that what a row shares with others, by some relationships, holds a word."""
    for link in dict.fromkeys(apart.values()):
        ((own, other),) = link.local_remote_pairs
        theirs = [column for column, by in apart.items() if by is link]
        ids = select(link.mapper.get_property_by_column(other).class_attribute).where(_holds(theirs, word))
        yield link.parent.get_property_by_column(own).class_attribute.in_(ids)


@cache
def _link(model: Any, column: Any) -> Any:
    """Return the one relationship by which rows of a model share what the column says; None for a column of its own,
    or of an alias."""
    owner = getattr(column, "parent", None)
    if not isinstance(owner, Mapper) or model.__mapper__.isa(owner):
        return None
    links = [each for each in model.__mapper__.relationships if each.mapper is owner and each.direction is MANYTOONE]
    return links[0] if len(links) == 1 and len(links[0].local_remote_pairs) == 1 else None


def fits(text: str, codes: Sequence[Any], columns: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition of a choice: every word occurs, but a number alone is a whole code and never likeness."""
    typed = folded(clean(text))
    return or_(*(fold(each) == typed for each in codes)) if typed.isdecimal() else matches(text, *codes, *columns)


def clean(text: str | None) -> str:
    """Return what was typed without control characters, which no database need see, at most 200 long."""
    kept = (letter for letter in text or "" if unicodedata.category(letter) not in {"Cc", "Cs"} or letter in "\t\n")
    return unicodedata.normalize("NFC", "".join(kept)).strip()[:200]
