"""What the cold chain gives to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import func, select

from core.contract.entities import Entity
from core.contract.plugins import service
from core.contract.ports import Card, Fact, MenuItem, Obstacle, Panel, Stock, Task
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import NotAllowed
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from core.web.pages import number
from plugins.gmao.coldchain import drawing
from plugins.gmao.coldchain.breaches import apart, at_risk
from plugins.gmao.coldchain.importer import READINGS
from plugins.gmao.coldchain.limits import SETTINGS as SETTINGS  # the hook of that name
from plugins.gmao.coldchain.limits import limits_of
from plugins.gmao.coldchain.models import (
    KINDS,
    SET_APART,
    SOURCES,
    STOCKS,
    TO_JUDGE,
    Breach,
    ColdUnit,
    Reading,
    is_appliance,
)
from plugins.gmao.coldchain.notices import NOTICES as NOTICES  # the plugin's hook of that name
from plugins.gmao.coldchain.services import unit_of
from plugins.gmao.coldchain.states import MACHINE, UNSETTLED
from plugins.gmao.coldchain.tables import BreachTable, ReadingTable
from plugins.gmao.coldchain.verbs import OF_EQUIPMENT, VERBS
from plugins.gmao.coldchain.views import breaches, readings
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.menu import DAILY
from plugins.gmao.rights import APART, BREACHES, VIEW

LIST, CHART, SHOWN = "gmao_breaches.index", "gmao_readings.index", 5
BLUEPRINTS = [readings, breaches]
ENTITIES = [
    Entity(
        "gmao.breach", Breach, _("Temperature breach"), _("Temperature breaches"), "gmao_breaches.show", BREACHES,
        BreachTable, "circle-alert", ("number", "what"),
        words={"state": MACHINE.states, "kind": KINDS, "source": SOURCES, "stock": STOCKS}, machine=MACHINE,
        verbs=VERBS, attachments=True, comments=True, index=LIST,
    ),
    Entity(
        "gmao.reading", Reading, _("Temperature"), _("Temperatures"), "gmao_readings.show", VIEW, ReadingTable,
        importer=READINGS, words={"source": SOURCES}, named=("equipment_id", "at"), index=CHART,
    ),
    Entity(
        "gmao.cold_unit", ColdUnit, _("Watch of an appliance"), _("Watches of appliances"), permission=VIEW,
        named=("equipment_id",),
    ),
]  # fmt: skip
VERBS_OF_OTHERS = OF_EQUIPMENT
FACTS = [Fact("gmao.breach.found", _("A refrigerator or freezer was outside its temperatures"))]
MENU = [MenuItem(_("Temperature breaches"), LIST, BREACHES, DAILY, "circle-alert", order=310)]


def panels(obj: Any) -> Iterator[Panel]:
    """Yield the temperatures and breaches of a piece of the cold chain on its page; of a breach its curve, and the lots
    that it puts at risk."""
    if isinstance(obj, Equipment) and is_appliance(obj.type):
        context = {"curve": drawing.of_piece(obj), "unit": unit_of(obj), "limits": limits_of(obj.type.code)}
        url = url_for(CHART, q=obj.code)
        yield Panel(_("Temperatures"), "gmao/coldchain/curve.html", context, url, _("All of them"), order=20)
        yield from listed(BreachTable, Breach.equipment_id == obj.id, {"q": obj.code}, order=21, empty=False)
    if isinstance(obj, Breach):
        yield _lots(obj)
        if (curve := drawing.of_breach(obj)) is not None and obj.equipment is not None:
            context = {"curve": curve, "unit": None, "limits": limits_of(obj.equipment.type.code)}
            yield Panel(_("Temperatures"), "gmao/coldchain/curve.html", context, order=20)


def _lots(breach: Breach) -> Panel:
    """Return what the store says of a breach, with the lots that lie there for whoever may see stocks."""
    lots: Any = None
    try:
        if service(Stock) is not None and breach.stock in (TO_JUDGE, SET_APART):
            lots = at_risk(breach) if breach.stock == TO_JUDGE else apart(breach)
    except NotAllowed:  # the technician sees the breach, and not the stock
        lots = None
    context = {"lots": lots, "breach": breach, "kept": service(Stock) is not None, "stock": STOCKS[breach.stock]}
    return Panel(_("Lots at risk"), "gmao/coldchain/lots.html", context, order=10, flush=bool(lots))


def inbox() -> Iterator[Task]:
    """Yield the breaches after which the store is asked for its lots, for whoever may put them in quarantine."""
    if not current().can(APART) or service(Stock) is None:
        return
    mine = Breach.stock == TO_JUDGE, Breach.facility_id.in_(current().facility_ids(APART))
    rows = db.session.scalars(select(Breach).where(*mine).order_by(Breach.id).limit(SHOWN + 1)).all()
    for row in rows[:SHOWN]:
        title, url = _("Lots at risk: %(what)s", what=row.what), url_for("gmao_breaches.show", id=row.id)
        yield Task(title, url, _("Look at the lots"), row.number, icon="circle-alert", menu=LIST)
    if len(rows) > SHOWN:
        rest = (db.session.scalar(select(func.count(Breach.id)).where(*mine)) or 0) - SHOWN
        narrowed: dict[str, Any] = {"f.stock": TO_JUDGE}
        url = url_for(LIST, **narrowed)
        words = _("%(number)s more breaches put lots at risk", number=rest)
        yield Task(words, url, _("Open the list"), icon="circle-alert", menu=LIST, count=rest)


def cards(facility: Facility) -> Iterator[Card]:
    """Yield how many breaches of a place, and of all below it, are not closed."""
    if not current().can(BREACHES, facility):
        return
    here = Breach.facility.has(Facility.path.startswith(facility.path)), Breach.state.in_(UNSETTLED)
    if count := db.session.scalar(select(func.count(Breach.id)).where(*here)):
        values = {"f.state": list(UNSETTLED)}
        yield Card(_("Temperature breaches"), number(count), LIST, values, tone="danger", order=33)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the breaches of a facility that are not closed."""
    waiting = named(Breach, Breach.state.in_(UNSETTLED), Breach.facility_id == facility.id)
    words, detail = _("Temperature breaches that are not closed: %(n)s"), _("Close them.")
    yield from under_way(waiting, words, detail, "gmao_breaches.show", LIST, {"q": facility.name})
