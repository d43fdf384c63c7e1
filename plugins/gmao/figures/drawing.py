"""The figures as cards, a plot and a map, each with the address of its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask import url_for

from core.contract.words import _
from core.data.access import current
from core.data.calendar import local
from core.data.exact import rounded
from core.facilities import outlines, positions
from core.facilities.models import Facility
from core.web.charts import Plot, Series, line
from core.web.maps import Place, district_map
from core.web.pages import day, money, number
from plugins.gmao.equipment.models import REASONS, STATUSES
from plugins.gmao.figures.board import Board, Figures
from plugins.gmao.figures.periods import Period
from plugins.gmao.figures.plans import TERMS
from plugins.gmao.figures.replacing import Candidate
from plugins.gmao.figures.tables import FAILED, HOURS, NOW, STOPPED
from plugins.gmao.figures.words import UNKNOWN, days, hours, share
from plugins.gmao.formulas.downtime import Availability
from plugins.gmao.formulas.functional import Functional
from plugins.gmao.formulas.spans import Span
from plugins.gmao.rights import VIEW

GOOD, FAIR = Fraction(80, 100), Fraction(60, 100)
LEGEND = [
    ("step-0", _("%(share)s or more", share="80 %")), ("step-2", _("%(share)s or more", share="60 %")),
    ("step-4", _("less")), ("none", UNKNOWN),
]  # fmt: skip


def url(name: str, place: Facility | None, period: Period | None = None, **values: Any) -> str:
    """Return the address of a page of the figures."""
    known = {"facility": place.id if place else None, "period": period.code if period else None, **values}
    return url_for(f"equipment_figures.{name}", **known)


@dataclass(frozen=True)
class Figure:
    """A figure that opens its rows."""

    label: Any
    value: Any
    url: str
    detail: Any = ""
    tone: str = ""
    unit: Any = ""
    trend: Sequence[float | None] = ()


def cards(place: Facility, period: Period, found: Figures) -> Iterator[Figure]:
    """Yield the first figures of a place."""
    working, times = found.working, found.hours
    of = _("%(working)s of %(known)s", working=number(working.working), known=number(working.known))
    more = _("%(of)s, %(unknown)s unknown", of=of, unknown=number(working.unknown)) if working.unknown else of
    yield Figure(_("Working equipment"), share(working.rate), url("pieces", place, of=NOW), more, tone(working.rate))
    left_out = _("%(hours)s unknown, left out", hours=hours(times.unknown)) if times.unknown else ""
    yield Figure(_("Availability"), share(times.availability), url("pieces", place, period, of=HOURS), left_out)
    failures = _("failures: %(failures)s", failures=number(times.failures))
    yield Figure(_("Between two failures (MTBF)"), hours(times.mtbf), url("pieces", place, period, of=HOURS), failures)
    down = _("down: %(down)s", down=hours(times.down))
    yield Figure(_("To restore (MTTR)"), hours(times.mttr), url("pieces", place, period, of=FAILED), down)
    part = Fraction(times.waiting, times.down) if times.down else None
    rest = _("work on it: %(hours)s", hours=hours(times.repairing))
    waited = share(part, 0) if times.down else "–"
    yield Figure(_("Down time spent waiting"), waited, url("pieces", place, period, of=STOPPED), rest)
    yield from _work(place, period, found)


def _work(place: Facility, period: Period, found: Figures) -> Iterator[Figure]:
    delay = found.delay
    mean = _("mean %(mean)s, %(n)s repairs", mean=days(delay.mean), n=number(delay.restored)) if delay.restored else ""
    ended = url("repairs", place, period, of="done", sort="-done_at")
    yield Figure(_("Corrective delay (median)"), days(delay.median), ended, mean)
    longest = _("the longest: %(days)s", days=days(delay.open_days[0])) if delay.open_days else ""
    lasting = url("repairs", place, period, of="open")
    yield Figure(_("Repairs not finished"), number(len(delay.open_days)), lasting, longest)
    held = _("%(held)s held up", held=number(found.held)) if found.held else ""
    yield Figure(_("Open work orders"), number(found.open), url("orders", place, view="open"), held)


def tone(rate: Fraction | None) -> str:
    """Return the tone of a functional rate."""
    return "" if rate is None or rate >= GOOD else "warn" if rate >= FAIR else "danger"


def waits(place: Facility, period: Period, found: Figures) -> list[dict[str, Any]]:
    """Return what was waited for, the longest first, as `ranked` draws it."""
    times = found.hours
    return [
        {
            "label": REASONS[why], "said": hours(waited), "tone": "warn",
            "share": round(float(100 * waited / times.down), 1),
            "url": url("pieces", place, period, of=STOPPED, sort=f"-wait_{why}", cols=f"code,type,facility,wait_{why}"),
        }
        for why, waited in sorted(times.waits.items(), key=lambda each: -each[1])
        if waited
    ]  # fmt: skip


def rows(period: Period, found: Board) -> list[dict[str, Any]]:
    """Return the areas of the board as its table draws them."""
    return [
        {
            "name": site.name if site else _("In none of these"),
            "url": url_for("equipment_figures.index", facility=site.id, period=period.code) if site else None,
            "rate": share(one.working.rate), "of": _of(one.working), "tone": tone(one.working.rate),
            "availability": share(one.hours.availability), "mttr": hours(one.hours.mttr),
            "delay": days(one.delay.median), "open": number(one.open),
        }
        for site, one in found.areas
    ]  # fmt: skip


def _of(working: Functional) -> Any:
    if not working.known:
        return _("%(unknown)s unknown", unknown=number(working.unknown))
    return _("%(working)s of %(known)s", working=number(working.working), known=number(working.known))


def course(months: Sequence[Span], done: Sequence[int]) -> Plot:
    """Return the plot of the interventions a month."""
    labels = [f"{local(month.start):%m/%y}" for month in months]
    return line(labels, [Series(_("Interventions"), [float(each) for each in done])])


def rate_map(place: Facility, period: Period, found: Board) -> Plot | None:
    """Return the map of the functional rate of what lies below a place; None when too few places can be drawn."""
    areas = [(site, one) for site, one in found.areas if site is not None]
    known = outlines.known([place.id, *(site.id for site, _one in areas)])
    shapes = {id_: outline.shape for id_, outline in known.items()}
    drawn = [
        Place(
            site.name, site.position, str(share(one.working.rate, 0)), step(one.working.rate),
            url_for("equipment_figures.index", facility=site.id, period=period.code),
            outlines.rings(shapes.get(site.id, "")),
        )
        for site, one in areas if site.id in shapes or site.position is not None
    ]  # fmt: skip
    land = outlines.rings(shapes.get(place.id, "")) or (positions.border() if place.parent_id is None else ())
    head = [_("Place"), _("Functional rate")]
    return district_map(drawn, _("Functional rate"), head, land) if len(drawn) > 2 else None


def step(rate: Fraction | None) -> int | None:
    """Return the step of a rate on the map: 0 good, 2 fair, 4 bad."""
    return None if rate is None else 0 if rate >= GOOD else 2 if rate >= FAIR else 4


def pills(
    name: str, place: Facility | None, period: Period, offered: Sequence[Period], **values: Any
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the periods that are offered on a page."""
    return [
        {"label": each.label, "url": url(name, place, each, **values), "current": each.code == period.code}
        for each in offered
    ]


def above(place: Facility) -> Facility | None:
    """Return the place above one, if this person may see its equipment."""
    parent = place.parent
    return parent if parent is not None and current().can(VIEW, parent) else None


def links(place: Facility, period: Period) -> list[tuple[Any, str]]:
    """Return what else is reckoned of a place."""
    return [
        (_("To replace"), url("to_replace", place)),
        (_("Capacity"), url("lacking", place)),
        (_("Donations"), url("donations", place)),
    ]


def terms(one: Candidate) -> list[tuple[Any, Any] | tuple[Any, Any, str]]:
    """Return the score of a piece for replacement, term by term, with what each came from."""
    condition, since = one.fact("condition", "status"), one.piece.past.since
    failures, years, ends = one.fact("condition", "failures"), one.years, one.fact("support", "ends")
    facts = {
        "condition": (STATUSES[condition].label, _("failures: %(failures)s", failures=number(failures))),
        "age": (day(since) or UNKNOWN, UNKNOWN if years is None else _("made for %(years)s years", years=years)),
        "cost": (_("what maintenance cost is not recorded yet"),),
        "support": (UNKNOWN if ends is None else _("support until %(day)s", day=day(ends)),),
        "criticality": (f"EM {one.kind.em}",),
    }
    lines: list[tuple[Any, Any] | tuple[Any, Any, str]] = []
    for term in one.score.terms:
        said = UNKNOWN if term.points is None else number(rounded(term.points, 1))
        came = ", ".join(map(str, facts[term.code]))
        of = _("%(term)s (of %(weight)s)", term=TERMS[term.code], weight=term.weight)
        lines.append((of, _("%(points)s: %(facts)s", points=said, facts=came)))
    least, most = (number(rounded(each, 1)) for each in (one.least, one.most))
    total = least if least == most else _("%(least)s to %(most)s", least=least, most=most)
    price = money(one.price) if one.price is not None else UNKNOWN
    return [*lines, (_("Score for replacement"), total, "total"), (_("Replacement cost (FBu)"), price)]


def reckoning(one: Availability) -> list[tuple[Any, Any] | tuple[Any, Any, str]]:
    """Return the reckoning of the figures of a piece, line by line."""

    def per(above: Fraction, below: Any, value: Any) -> Any:
        return f"{hours(above, 2)} ÷ {below} = {value}" if below else UNKNOWN

    failures = number(one.failures) if one.failures else ""
    found = one.availability
    ratio = "" if found is None else f"{number(rounded(found, 6), 6)} ({share(found)})"
    lines: list[tuple[Any, Any] | tuple[Any, Any, str]] = [
        (_("Unknown, left out"), hours(one.unknown, 2)),
        (_("Required time R"), hours(one.required, 2)),
        (_("Down time D"), hours(one.down, 2)),
        (_("Of it planned work"), hours(one.planned, 2)),
        (_("Of it waiting"), hours(one.waiting, 2)),
        (_("Of it work on it"), hours(one.repairing, 2)),
        (_("Up time U = R − D"), hours(one.up, 2)),
        (_("Failures that began in the period"), number(one.failures)),
        (_("Availability U ÷ R"), per(one.up, hours(one.required, 2) if one.required else "", ratio), "total"),
        (_("MTBF, U ÷ failures"), per(one.up, failures, hours(one.mtbf, 2))),
        (_("MTTR, time to restore ÷ failures"), per(one.restoring, failures, hours(one.mttr, 2))),
    ]
    return lines + [(REASONS[why], hours(waited, 2)) for why, waited in one.waits.items() if waited]
