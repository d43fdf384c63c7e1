"""JSON: a list of objects, alone or under one name as DHIS2 writes it, or the features of GeoJSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .cells import COLUMNS, Line, Marked, Unfit, _, clear
from .shapes import tidied_object

KNOWN = ("organisationUnits", "features")


def lines_of(path: Path) -> tuple[dict[str, Any], Iterator[Line]]:
    """Return what a JSON file is, in words, and its objects as lines under the line of their names."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(
            text, parse_int=str, parse_float=lambda digits: Marked(digits, "number"),
            object_hook=lambda found: clear(tidied_object, found),
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise Unfit(_("This is not well-formed JSON in UTF-8.")) from error
    kind = "JSON"
    if isinstance(found, dict):
        lists = {name: value for name, value in found.items() if isinstance(value, list) and value}
        kind = next((name for name in KNOWN if name in lists), next(iter(lists), kind))
        found = lists.get(kind, [found] if found.get("type") == "Feature" else None)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unfit(_("The file holds no list of objects, such as “organisationUnits”."))
    return _("JSON, list “%(name)s”", name=kind[:80]), _lines([_feature(each) for each in found])


def _feature(record: dict[str, Any]) -> dict[str, Any]:
    """Return a feature of GeoJSON as a record: its properties by their bare names beside its id and geometry."""
    known = record.get("properties")
    if record.get("type") != "Feature" or not isinstance(known, dict):
        return record
    own = {name: record[name] for name in ("id", "geometry") if record.get(name) is not None}
    return {**known, **own}


def _lines(found: list[dict[str, Any]]) -> Iterator[Line]:
    columns: dict[str, None] = {}
    for each in found:
        columns |= dict.fromkeys(flat(each))
        if len(columns) > COLUMNS:
            raise Unfit(_("The file has more than %(most)s columns.", most=COLUMNS))
    yield 0, list(columns)
    for number, each in enumerate(found, 1):
        cells = flat(each)
        yield number, [cells.get(name, "") for name in columns]


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return {"parent.id": "…"}; lists are left out."""
    found: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict) and not prefix:
            found |= flat(value, f"{name}.")
        elif isinstance(value, bool):
            found[prefix + name] = "true" if value else "false"
        elif isinstance(value, str):
            found[prefix + name] = value if value.isprintable() or not _halved(value) else Marked("", "letters")
    return found


def _halved(text: str) -> bool:
    """Return whether a text holds half a pair of surrogates, which is no letter."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)
