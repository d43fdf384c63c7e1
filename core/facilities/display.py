"""What the page of a facility says of it, line by line."""

from typing import Any

from core.contract.ports import Words
from core.contract.words import _, label_of
from core.facilities import services
from core.facilities.history import Line
from core.facilities.models import Facility
from core.web.pages import day, number

SCHEMES = {"dhis2": "DHIS2", "snis": "SNIS", "openlmis": "OpenLMIS", "iso3166": "ISO 3166", "iso3166-2": "ISO 3166-2"}
Fact = tuple[Any, Any]


def identity(facility: Facility) -> list[Fact]:
    """Return (label, value) of the identity and of every code."""
    facts: list[Fact] = [
        (_("Code"), facility.code),
        (_("Population"), "" if facility.population is None else number(facility.population)),
        (_("Phone"), facility.phone),
        (_("Opened on"), day(facility.opened_on)),
        (_("Closed on"), day(facility.closed_on)),
        (_("Latitude, longitude"), _position(facility)),
    ]
    codes = [
        (_("Code %(scheme)s", scheme=SCHEMES.get(code.scheme, code.scheme)), code.value) for code in facility.codes
    ]
    return [fact for fact in facts if fact[1]] + codes


def _position(facility: Facility) -> str:
    return " ; ".join(number(degrees, 4) for degrees in facility.position or ())


def past(facility: Facility) -> list[Line]:
    """Return the former names and parents with their days, the latest first."""
    lines = [(row.valid_to, Line(_said(row), _days(row), "")) for row in services.past(facility)]
    return [line for _to, line in sorted(lines, key=lambda pair: str(pair[0]), reverse=True)]


def _said(row: Any) -> Words:
    if row.parent:
        return _("Belonged to “%(name)s”", name=row.name or "–")
    return _("Was called “%(name)s”", name=row.name)


def _days(row: Any) -> str:
    """Return the days of validity in words."""
    if row.valid_from and row.valid_to:
        return str(_("from %(start)s to %(end)s", start=day(row.valid_from), end=day(row.valid_to)))
    return str(_("until %(end)s", end=day(row.valid_to))) if row.valid_to else ""


def by_type(facility: Facility) -> list[Fact]:
    """Return (type, how many below, the open ones named when some are not)."""
    facts: list[Fact] = []
    for kind, total, working in services.counts_by_type(facility):
        value = (
            number(total)
            if working == total
            else _("%(open)s open of %(total)s", open=number(working), total=number(total))
        )
        facts.append((label_of(kind), value))
    return facts
