"""The whole tree of facilities as a list wants it: what is stored, and what the lines name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.facilities import outlines
from core.facilities.geography import Point
from core.facilities.models import Facility, FacilityCode, FacilityType
from core.imports import parse
from core.imports.importer import Row

DEEPEST = 20
PLAIN = ("phone", "population", "latitude", "longitude", "opened_on", "closed_on")


@dataclass
class Node:
    """A facility as it is, or as the file wants it; `parent` is another node."""

    code: str
    name: str
    type: str
    parent: "Node | None" = None
    id: int | None = None
    path: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    outline: str = ""
    row: Row | None = None
    target: "Node | None" = None  # where the file wants its parent to be

    def above(self) -> "Node | None":
        """Return the parent once the import is done."""
        return self.target or self.parent

    def existing_path(self) -> str:
        """Return the path of the nearest facility, upwards, that exists already."""
        node: Node | None = self
        while node is not None and not node.path:
            node = node.above()
        return node.path if node else "/"

    def position(self) -> Point | None:
        """Return where it lies once the import is done."""
        values = self.values | (position_of(self.row) if self.row else {})
        latitude, longitude = values.get("latitude"), values.get("longitude")
        return None if latitude is None or longitude is None else (latitude, longitude)


class Plan:
    """All facilities that exist and all that the file names, found by their codes."""

    def __init__(self) -> None:
        self.by_code: dict[str, Node] = {}
        self.by_other: dict[tuple[str, str], Node] = {}
        self.by_value: dict[str, list[Node]] = {}
        self.by_name: dict[str, list[Node]] = {}
        self.rows: list[tuple[Row, Node]] = []
        self.stored: list[Node] = []
        self._load()

    def _load(self) -> None:
        """Read what is stored, by columns: thousands of rows, none of them changed here."""
        columns = [
            getattr(Facility, name) for name in ("id", "code", "name", "path", "parent_id", "own", "status", *PLAIN)
        ]
        query = select(FacilityType.code.label("type"), *columns).join(Facility.type)
        by_id: dict[int, tuple[Node, int | None]] = {}
        for row in db.session.execute(query):
            values = {name: getattr(row, name) for name in ("status", *PLAIN)}
            node = Node(row.code, row.name, row.type, id=row.id, path=row.path, values=values, own=row.own)
            by_id[row.id] = node, row.parent_id
            self.stored.append(node)
            self.by_code[key_of(row.code)] = node
            self.by_name.setdefault(parse.plain(row.name), []).append(node)
        for node, parent_id in by_id.values():
            node.parent = by_id[parent_id][0] if parent_id else None
        for facility_id, scheme, value in db.session.execute(
            select(FacilityCode.facility_id, FacilityCode.scheme, FacilityCode.value)
        ):
            self.know(by_id[facility_id][0], scheme, value)
            by_id[facility_id][0].codes[scheme] = value

    def nodes(self) -> list[Node]:
        """Return all facilities, those that exist and those that the file makes, each once."""
        made = (node for _row, node in self.rows if node.id is None)
        return [*self.stored, *made]

    def load_outlines(self) -> None:
        """Read the outlines that are stored; most lists name none."""
        found = outlines.every()
        for node in self.stored:
            node.outline = found.get(node.id or 0, "")

    def know(self, node: Node, scheme: str, value: str) -> None:
        """Find this facility by a code of another scheme from now on."""
        self.by_other[scheme, value] = node
        self.by_value.setdefault(value, []).append(node)

    def find(self, reference: str) -> Node:
        """Return the facility with this code, code of another scheme, or name; Refused when none or several."""
        if (key := key_of(reference)) in self.by_code:
            return self.by_code[key]
        named = self.by_value.get(reference) or self.by_name.get(parse.plain(reference), [])
        found = {id(node): node for node in named}
        if len(found) != 1:
            several = _("Several facilities have this code or name: %(code)s.", code=reference)
            raise Refused(several if found else _("No facility has this code or name: %(code)s.", code=reference))
        return next(iter(found.values()))

    def owner(self, row: Row) -> Node | None:
        """Return the facility that a row names by any of its codes; Refused when they name different ones."""
        found = {id(node): node for node in self._named(row)}
        if len(found) > 1:
            raise Refused(_("The codes of this line belong to different facilities."))
        node = next(iter(found.values()), None)
        if node and node.row:
            raise Refused(_("Line %(line)s names the same facility already.", line=node.row.line))
        if node and row["code"] and key_of(row["code"]) != key_of(node.code):
            raise Refused(_("This facility has the code %(code)s here.", code=node.code))
        return node

    def _named(self, row: Row) -> Iterator[Node]:
        if (key := key_of(row["code"])) in self.by_code:
            yield self.by_code[key]
        for pair in row.family("code:").items():
            if pair in self.by_other:
                yield self.by_other[pair]


def position_of(row: Row) -> dict[str, float]:
    """Return the latitude and longitude that a line gives, in two columns or as a point."""
    if isinstance(row["place"], tuple):
        return dict(zip(("latitude", "longitude"), row["place"], strict=True))
    return {name: row[name] for name in ("latitude", "longitude") if row[name] is not None}


def outline_of(row: Row) -> str:
    """Return the outline that a line gives, or nothing."""
    return row["place"] if isinstance(row["place"], str) else ""
