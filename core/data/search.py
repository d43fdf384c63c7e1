"""Finding by words, whatever their case and accents, with the same answer on every database."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Engine, String, and_, cast, event, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'"}
LETTERS = {
    chr(code): base
    for code in range(0xC0, 0x180)
    if (base := unicodedata.normalize("NFD", chr(code))[0].lower()).isascii() and base.isalpha()
}
_TABLE = str.maketrans(LETTERS | LIGATURES)
WORDS = 8


def folded(text: Any) -> str:
    """Return a text without case and accents: "Élève" becomes "eleve"."""
    words = "" if text is None else str(text)
    return words.lower() if words.isascii() else _plain(words)


@lru_cache(2000)  # a list that is sorted by name folds the same names at each look
def _plain(words: str) -> str:
    return words.translate(_TABLE).lower()


class fold(FunctionElement[str]):
    """An SQL expression without case and accents."""

    type = String()
    inherit_cache = True


@compiles(fold, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"amagara_fold({compiler.process(element.clauses, **options)})"


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


def matches(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that every word of a text occurs in one of the columns."""
    words = folded(clean(text)).split()[:WORDS]
    texts = [fold(cast(column, String) if not isinstance(column.type, String) else column) for column in columns]
    return and_(true(), *(or_(*(each.contains(word, autoescape=True) for each in texts)) for word in words))


def fits(text: str, codes: Sequence[Any], columns: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition of a choice: every word occurs, but a number alone is a whole code and never likeness."""
    typed = folded(clean(text))
    return or_(*(fold(each) == typed for each in codes)) if typed.isdecimal() else matches(text, *codes, *columns)


def clean(text: str | None) -> str:
    """Return what was typed without control characters, which no database need see, at most 200 long."""
    kept = (letter for letter in text or "" if unicodedata.category(letter) not in {"Cc", "Cs"} or letter in "\t\n")
    return unicodedata.normalize("NFC", "".join(kept)).strip()[:200]
