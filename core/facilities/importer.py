"""Facilities from a list: the whole tree is laid out before anything is written."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import String, cast, func, insert, select, update
from sqlalchemy.orm import aliased

from core.contract.ports import Words
from core.contract.words import _, label_of
from core.data import audit, own
from core.data.access import current
from core.data.bulk import beside
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import AmagaraError, Refused
from core.facilities import outlines, services, surveying
from core.facilities.models import CLOSED, OPEN, PLANNED, Facility, FacilityCode
from core.facilities.plan import DEEPEST, PLAIN, Node, Plan, outline_of, position_of
from core.imports import parse
from core.imports.importer import BATCH, Field, Importer, Report, Row

NAME = Facility.__entity__
LISTED = "the line of the import says how many it made"
STATUS_WORDS = {
    OPEN: [*parse.TRUE, "operating", "ouvert", "ouverte", "operational", "en service"],
    CLOSED: [*parse.FALSE, "fermé", "fermée"],
    PLANNED: ["prévu", "prévue", "en projet"],
}


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return the plan of a whole list; lines may come in any order, parents after their children."""
    plan = Plan()
    for row in rows:
        try:
            plan.rows.append((row, _node(plan, row)))
        except Refused as error:
            report.refuse(row, "code", error.message)
    settled = [(row, node) for row, node in plan.rows if _settle_parent(plan, row, node, report)]
    types = {kind.code: kind.id for kind in services.types()}
    stand = [(row, node) for row, node in settled if _stands(row, node, report)]
    safe = [(row, node) for row, node in stand if _has_its_fields(row, node, types, report)]
    if any(outline_of(row) for row, _node in safe):
        plan.load_outlines()
        safe = surveying.survey(plan, safe, report)
    for row, node in safe:
        kinds = _kinds(row, node)
        for kind, detail in kinds.items() or {"same": ""}.items():
            report.count(kind, row, detail)
    return plan


def _node(plan: Plan, row: Row) -> Node:
    """Return the node of a row, its codes known from now on."""
    node = plan.owner(row)
    others = row.family("code:")
    if node is None:
        code = row["code"] or next(iter(others.values()), "")
        if not code or len(code) > 40:
            raise Refused(_("A code is needed, of at most 40 characters."))
        if not row["name"] or not row["type"]:
            raise Refused(_("No facility has the code %(code)s. A new one needs a name and a type.", code=code))
        node = plan.by_code[key_of(code)] = Node(code, row["name"], row["type"])
        plan.by_name.setdefault(parse.plain(node.name), []).append(node)
    node.row = row
    for scheme, value in others.items():
        plan.know(node, scheme, value)
    return node


def _settle_parent(plan: Plan, row: Row, node: Node, report: Report) -> bool:
    """Give the node the parent that its row names, and say whether that was possible."""
    if row["parent"] is None:
        return True
    try:
        node.target = plan.find(row["parent"])
    except Refused as error:
        report.refuse(row, "parent", error.message)
        return False
    return True


def _stands(row: Row, node: Node, report: Report) -> bool:
    """Return whether the node lies below no circle, within the rights of the user, on possible days."""
    seen, above = {id(node)}, node.above()
    while above is not None:
        if id(above) in seen:
            report.refuse(row, "parent", _("This makes a circle: a facility would lie below itself."))
            return False
        seen.add(id(above))
        above = above.above()
    if len(seen) > DEEPEST:
        report.refuse(row, "parent", _("The tree would become too deep."))
        return False
    paths = {node.existing_path(), node.target.existing_path() if node.target else node.existing_path()}
    if not all(_covered(path) for path in paths):
        report.refuse(row, "parent", _outside(node))
        return False
    return _plausible(row, node, report)


def _outside(node: Node) -> Words:
    """Return why a node may not be written: mostly its tree hangs on nothing, because the file is a whole country."""
    top = node
    while not top.path and (above := top.above()) is not None:
        top = above
    if top.path:
        return _("This lies outside your rights.")
    words = _("“%(top)s” belongs to nothing. Say what is above it, here or as the value for empty cells.")
    return words % {"top": top.name or top.code}


def _covered(path: str) -> bool:
    return any(path.startswith(own) for own in current().paths(services.EDIT))


def _plausible(row: Row, node: Node, report: Report) -> bool:
    """Refuse a facility that closes before it opens, or has half a position."""
    wanted = {**node.values, **_values(row)}
    if wanted.get("opened_on") and wanted.get("closed_on") and wanted["closed_on"] < wanted["opened_on"]:
        report.refuse(row, "closed_on", _("It cannot close before it opens."))
    elif (wanted.get("latitude") is None) != (wanted.get("longitude") is None):
        report.refuse(row, "latitude", _("Give latitude and longitude, or neither."))
    elif (late := _late(node, wanted)) is not None:
        report.refuse(row, "opened_on", late)
    elif (stranded := _stranded(node, wanted)) is not None:
        report.refuse(row, "status", stranded)
    else:
        return True
    return False


def _has_its_fields(row: Row, node: Node, types: Mapping[str, int], report: Report) -> bool:
    """Refuse own fields that such a facility has not, or that must be filled in, and say whether all is well."""
    kind, given = types.get(row["type"] or node.type), row.family("own:")
    found = list(own.faults(NAME, kind, node.existing_path(), given, node.id is None))
    for code, words in found:
        report.refuse(row, f"own:{code}", words)
    return not found


def _late(node: Node, wanted: Mapping[str, Any]) -> Words | None:
    """Return why this facility cannot have opened on the day that the file says, or None."""
    if node.id is None or wanted.get("opened_on") == node.values["opened_on"]:
        return None
    return services.too_late(services.get(node.id), wanted["opened_on"]) or None


def _stranded(node: Node, wanted: Mapping[str, Any]) -> Words | None:
    """Return what closing this facility would leave behind, or None."""
    if node.id is None or wanted.get("status") != CLOSED or node.values["status"] == CLOSED:
        return None
    found = services.holding(services.get(node.id))
    return services.in_the_way(found).message if found else None


def _values(row: Row) -> dict[str, Any]:
    """Return the plain columns that the row gives, the status drawn from the dates when it is not said."""
    values = {name: row[name] for name in ("status", *PLAIN) if row[name] is not None}
    values |= position_of(row)
    if "status" not in values and row["closed_on"]:
        values["status"] = CLOSED if row["closed_on"] <= today() else OPEN
    return values


def _kinds(row: Row, node: Node) -> dict[str, Words]:
    """Return {kind of change: what from and to} of a row."""
    if node.id is None:
        return {"new": ""}
    kinds: dict[str, Words] = {}
    wanted = {name: value for name, value in _values(row).items() if node.values[name] != value}
    if row["name"] not in (None, node.name):
        kinds["renamed"] = node.name
    if node.target and node.target is not node.parent:
        kinds["moved"] = f"{node.parent.name if node.parent else '–'} → {node.target.name}"
    if "status" in wanted:
        kinds["closed" if wanted.pop("status") == CLOSED else "opened"] = ""
    if row["type"] not in (None, node.type):
        wanted["type"] = row["type"]
    if (outline := outline_of(row)) and outline != node.outline:
        kinds["outlined"] = _("%(number)s points", number=outlines.points(outline))
    wanted |= {scheme: value for scheme, value in row.family("code:").items() if node.codes.get(scheme) != value}
    after = own.merged(NAME, node.own, row.family("own:"))
    wanted |= {code: value for code, value in after.items() if node.own.get(code) != value}
    if wanted:
        kinds["changed"] = ", ".join(wanted)
    return kinds


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Write the plan: new facilities level by level in bulk, the others one by one with their history."""
    ordered = sorted(plan.rows, key=lambda pair: _depth(pair[1]))
    new = [(row, node) for row, node in ordered if node.id is None]
    types = {kind.code: kind.id for kind in services.types()}
    for depth in sorted({_depth(node) for _row, node in new}):
        level = [(row, node) for row, node in new if _depth(node) == depth]
        for start in range(0, len(level), BATCH):
            _insert(level[start : start + BATCH], types)
        _set_paths()
    known = {id(node) for _row, node in new}
    for row, node in ordered:  # from the top down: no circle arises on the way
        if id(node) not in known:
            _change(row, node, types, report)
    for row, node in ordered:
        if (outline := outline_of(row)) and outline != node.outline:
            outlines.put(services.get(node.id), outline, str(report.facts.get("file", "")))
    if new:
        audit.bulk("core.facility", "import", len(new), **report.facts)


def _depth(node: Node) -> int:
    depth, above = 0, node.above()
    while above is not None:
        depth, above = depth + 1, above.above()
    return depth


def _insert(level: list[tuple[Row, Node]], types: Mapping[str, int]) -> None:
    """Insert facilities whose parents exist, with their codes, and keep their ids."""
    empty = {"status": OPEN, **dict.fromkeys(PLAIN), "phone": "", "path": ""}
    records = [
        {
            **empty, **_values(row), "own": own.merged(NAME, {}, row.family("own:")),
            "code": node.code, "name": node.name, "type_id": types[node.type],
            "parent_id": parent.id if (parent := node.above()) else None,
        }
        for row, node in level
    ]  # fmt: skip
    answer = db.session.execute(beside(insert(Facility).returning(Facility.code, Facility.id), LISTED), records)
    ids: dict[str, int] = {row.code: row.id for row in answer}
    for _row, node in level:
        node.id = ids[node.code]
    codes = [
        {"facility_id": node.id, "scheme": scheme, "value": value}
        for row, node in level
        for scheme, value in row.family("code:").items()
    ]
    if codes:
        db.session.execute(beside(insert(FacilityCode), LISTED), codes)


def _set_paths() -> None:
    """Give the facilities just inserted their paths, all of them in one statement."""
    above = aliased(Facility)
    parent = select(above.path).where(above.id == Facility.parent_id).scalar_subquery()
    path = func.coalesce(parent, "/") + cast(Facility.id, String) + "/"
    found = update(Facility).where(Facility.path == "").values(path=path)
    db.session.execute(beside(found.execution_options(synchronize_session=False), LISTED))


def _change(row: Row, node: Node, types: Mapping[str, int], report: Report) -> None:
    """Bring one facility to what its row says; what the services refuse is refused by line."""
    kinds = _kinds(row, node)
    if not kinds:
        return
    try:
        facility = services.get(node.id)
        if "moved" in kinds and node.target:
            services.move(facility, services.get(node.target.id), today())
        if "renamed" in kinds:
            services.rename(facility, row["name"], today())
        values = _values(row) | ({"type_id": types[row["type"]]} if row["type"] else {})
        services.edit(facility, own=row.family("own:"), **values)
        services.set_codes(facility, row.family("code:"))
    except AmagaraError as error:
        report.refuse(row, getattr(error, "field", None) or "code", error.message)


def type_choices() -> dict[str, str]:
    """Return {code: label} of the types of facilities."""
    return {kind.code: label_of(kind) for kind in services.types()}


def code_schemes() -> list[str]:
    """Return the schemes of codes that are in use or usual."""
    return list(dict.fromkeys([*services.schemes(), "dhis2", "openlmis", "snis"]))


FACILITIES = Importer(
    fields=[
        Field("code", _("Code"), parse.text(40), aliases=["facility code", "code fosa", "code structure"],
              help=_("Names the facility here; it never changes. Without it the code of another scheme is taken.")),
        Field("name", _("Name"), parse.text(200), aliases=["facility name", "nom", "displayName", "libellé"],
              help=_("Needed for a new facility. Another name renames it; the former one is kept.")),
        Field("type", _("Type"), parse.text(40), aliases=["facility type", "typeid", "levelid", "niveau"],
              choices=type_choices, help=_("Needed for a new facility: the code or label of a type.")),
        Field("parent", _("Lies in"), parse.text(80),
              aliases=["parent code", "parent.id", "parentid", "geographiczoneid", "district"],
              help=_("The facility above, by its code, a code of another scheme or its name. Another one moves it.")),
        Field("status", _("Status"), parse.choice(STATUS_WORDS), aliases=["active", "statut", "état"],
              help=_("Open, closed or planned; yes and no are read as open and closed.")),
        Field("phone", _("Phone"), parse.text(40), aliases=["phoneNumber", "tél"]),
        Field("population", _("Population"), parse.whole(0, 2_000_000_000),
              aliases=["catchment population", "catchmentpopulation"]),
        Field("latitude", _("Latitude"), parse.degrees(90), aliases=["lat"]),
        Field("longitude", _("Longitude"), parse.degrees(180), aliases=["lon", "lng", "long"]),
        Field("place", _("Position or outline"), outlines.place,
              aliases=["location", "geometry", "wkt", "outline", "contour", "position as a point"],
              help=_("POINT(longitude latitude), instead of the two columns before; or the outline of a place that "
                     "others lie in: POLYGON or MULTIPOLYGON, or as GeoJSON. A GeoJSON file is read as it is.")),
        Field("opened_on", _("Opened on"), parse.day, aliases=["openingDate", "golivedate", "date d’ouverture"]),
        Field("closed_on", _("Closed on"), parse.day, aliases=["closedDate", "godowndate", "date de fermeture"],
              help=_("A day that is past closes the facility unless the status says otherwise.")),
        Field("code:", _("Code of another scheme"), parse.text(80), suffixes=code_schemes,
              help=_("A column for each scheme, such as code:dhis2. It finds the facility as its own code does.")),
    ],
    key=["code"],
    permission=services.EDIT,
    prepare=prepare,
    apply=apply,
    example={
        "code": "CDS-001", "name": "CDS Exemple", "type": "cds", "parent": "DS-KAYANZA", "status": "open",
        "phone": "+257 22 00 00 00", "population": "12000", "latitude": "-2.92", "longitude": "29.63",
        "opened_on": "2019-07-01", "closed_on": "", "code:dhis2": "",
    },
    outcomes={
        "renamed": _("Renamed"), "moved": _("Moved"), "closed": _("Closed"), "opened": _("Reopened"),
        "outlined": _("Outline"),
    },
    known=[
        {"id": "code:openlmis", "geographiczoneid": "parent", "typeid": "type", "code": "code", "name": "name",
         "active": "status", "location": "place"},
        {"id": "code:openlmis", "parentid": "parent", "levelid": "type", "code": "code", "name": "name"},
        {"id": "code:dhis2", "parent.id": "parent", "name": "name", "level": "type"},
        {"id": "code:dhis2", "parentGraph": "", "parent": "", "level": "", "name": "", "geometry": "place"},
    ],
)  # fmt: skip
