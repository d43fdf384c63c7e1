"""What meters give to the plugin's hooks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import url_for

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Panel
from core.contract.words import _
from core.data.access import current
from core.data.db import today
from core.data.exact import half_up
from core.web.verbs import url_of
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.formulas.meters import Shown, continued, pace_of, used
from plugins.gmao.menu import REGISTER
from plugins.gmao.meters.importer import READINGS
from plugins.gmao.meters.models import METERS, Reading
from plugins.gmao.meters.services import shown_of
from plugins.gmao.meters.tables import ReadingTable
from plugins.gmao.meters.verbs import NOTE, VERBS
from plugins.gmao.meters.views import bp
from plugins.gmao.rights import REPORT, VIEW

LIST = "equipment_meters.index"
METERED = ("vehicle", "energy")  # kinds of equipment that usually have a meter
BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.meter_reading", Reading, _("Meter reading"), _("Meter readings"), "equipment_meters.show", VIEW,
        ReadingTable, "clock", importer=READINGS, words={"unit": METERS}, named=("equipment_id", "unit", "read_on"),
        verbs=VERBS, index=LIST,
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [NOTE]
MENU = [MenuItem(_("Meter readings"), LIST, VIEW, REGISTER, "clock", order=335)]


def panels(obj: Any) -> Iterator[Panel]:
    """Yield the meters of a piece on its page: what they showed last, and how fast they run."""
    if not isinstance(obj, Equipment) or not current().can(VIEW, obj.facility):
        return
    shown = shown_of([obj.id])
    if not shown and obj.type.kind not in METERED:
        return
    may = obj.state in THERE and current().can(REPORT, obj.facility)
    context = {"rows": list(_rows(shown)), "all": url_for(LIST, q=obj.code)}
    yield Panel(
        _("Meters"), "gmao/meters/panel.html", context, url_of(NOTE, obj) if may else None, NOTE.label, order=34,
        flush=bool(shown),
    )  # fmt: skip


def _rows(shown: Mapping[tuple[int, str], Sequence[Shown]]) -> Iterator[dict[str, Any]]:
    """Yield what each meter showed last, what it runs in a month on the mean, and what it ran in the last whole month;
    None is not known."""
    for (_piece, unit), figures in sorted(shown.items()):
        readings = continued(figures)
        pace, last = pace_of(readings), today().replace(day=1) - timedelta(days=1)
        first = last.replace(day=1)
        yield {
            "meter": METERS[unit], "last": figures[-1], "mean": None if pace is None else half_up(pace * 365 / 12),
            "month": first, "run": used(readings, first, last),
        }  # fmt: skip
