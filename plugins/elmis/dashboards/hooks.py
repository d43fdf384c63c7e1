"""What the dashboards give to the plugin's hooks: the figures, the plot and the map of the home page."""

from collections.abc import Iterable
from typing import Any

from core.contract.ports import Card, Home, MenuItem, Panel
from core.contract.words import _, ngettext
from core.data.access import current
from core.data.settings import value_of
from core.facilities.models import Facility
from core.web.pages import money, number
from plugins.elmis.catalogue.limits import EXPIRY_DAYS
from plugins.elmis.dashboards import reports, views
from plugins.elmis.dashboards.redistribution import LEAST

SETTINGS = [LEAST]
BLUEPRINTS = [views.bp]
MENU = [
    MenuItem(_("Dashboard"), "dashboards.index", reports.VIEW, _("Health products"), "chart-line", order=190),
    MenuItem(_("Status board"), "dashboards.status_board", reports.VIEW, _("Health products"), "columns-3", order=191),
]


def cards(facility: Facility) -> Iterable[Card]:
    """Return the availability of the tracers, what is out, and what will expire."""
    if not current().can(reports.VIEW, facility):
        return
    found = views.past(facility)
    now, rates = found.now, [rate for _day, rate in found.trend()]
    out = now.managed - now.in_stock
    value, lots = reports.expiring_value(facility)
    rate = "–" if now.rate is None else f"{number(round(now.rate))} %"
    yield Card(_("Availability of tracers"), rate, "dashboards.index", trend=rates, detail=_change(rates), order=10)
    detail = _("of %(all)s that are managed", all=number(now.managed))
    yield Card(
        _("Tracers out of stock"),
        number(out),
        "dashboards.stock_outs",
        detail=detail,
        tone="danger" if out else "",
        order=20,
    )
    words = ngettext(
        "%(num)d lot, %(days)s days", "%(num)d lots, %(days)s days", lots, days=value_of(EXPIRY_DAYS, facility)
    )
    yield Card(
        _("Will expire"), money(value), "dashboards.expiring", detail=words, tone="warn" if lots else "", order=40
    )


def _change(rates: list[float | None]) -> Any:
    """Return how the availability changed over three months, in points."""
    if len(rates) < 4 or rates[-1] is None or rates[-4] is None:
        return ""
    points = round(rates[-1] - rates[-4])
    change = f"{points:+d}".replace("-", "−")
    return ngettext("%(change)s point in 3 months", "%(change)s points in 3 months", abs(points), change=change)


def panels(obj: Any) -> Iterable[Panel]:
    """Return the plot and the map of the home page."""
    if not isinstance(obj, Home) or not current().can(reports.VIEW, obj.facility):
        return
    template = "plot.html"
    yield Panel(_("Availability of tracers"), template, {"plot": views.course(obj.facility)}, link=_("Table"), order=50)
    if (drawn := views.availability_map(obj.facility)) is not None:
        facts = {"plot": drawn, "legend": views.LEGEND}
        yield Panel(_("Map of stock-outs"), template, facts, aside=True, order=50)
