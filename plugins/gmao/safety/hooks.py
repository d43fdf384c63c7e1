"""What safety alerts give to the plugin's hooks."""

from collections.abc import Iterable
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import Event, Fact, MenuItem, NoticeKind, Panel, Words
from core.contract.words import _
from core.data.access import current
from core.users.directory.services import nearest
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.menu import REGISTER
from plugins.gmao.rights import VIEW, WORK
from plugins.gmao.safety.jobs import SCHEDULE as SCHEDULE  # the plugin's hook of that name
from plugins.gmao.safety.matching import places
from plugins.gmao.safety.models import KINDS, ORDERS, WHYS, Affected, Alert, AlertModel
from plugins.gmao.safety.services import open_of, work_done
from plugins.gmao.safety.states import AFFECTED, ALERT
from plugins.gmao.safety.tables import AffectedTable, AlertTable
from plugins.gmao.safety.verbs import SETTLING, VERBS
from plugins.gmao.safety.views import affected, bp

LIST, ICON = "gmao_alerts.index", "circle-alert"
BLUEPRINTS = [bp, affected]
ENTITIES = [
    Entity(
        "gmao.alert", Alert, _("Safety alert"), _("Safety alerts"), "gmao_alerts.show", VIEW, AlertTable, ICON,
        ("number", "title", "reference"), words={"state": ALERT.states, "kind": KINDS, "work": ORDERS}, machine=ALERT,
        verbs=VERBS, attachments=True, comments=True, index=LIST,
    ),
    Entity(
        "gmao.alert_model", AlertModel, _("Model of an alert"), _("Models of alerts"), permission=VIEW,
        named=("alert_id", "model_id"),
    ),
    Entity(
        "gmao.affected", Affected, _("Piece of an alert"), _("Pieces of alerts"), "gmao_affected.show", VIEW,
        AffectedTable, ICON, words={"state": AFFECTED.states, "why": WHYS}, named=("alert_id", "equipment_id"),
        machine=AFFECTED, verbs=SETTLING, attachments=True, comments=True, index="gmao_affected.index",
    ),
]  # fmt: skip
MENU = [MenuItem(_("Safety alerts"), LIST, VIEW, REGISTER, ICON, order=330)]
FACTS = [Fact("gmao.alert.published", _("A safety alert of equipment is published"))]


def _holders(_event: Event, alert: Alert | None) -> Iterable[int]:
    return () if alert is None else nearest(WORK, *places(alert))


def _said(event: Event) -> tuple[Words, Words]:
    title = _("Safety alert %(number)s concerns your equipment", number=event.data["number"])
    return title, _("%(title)s. Check the pieces of your place, and settle each.", title=event.data["title"])


NOTICES = [
    NoticeKind(
        "gmao.alert.published", _("A safety alert concerns my equipment"), ["gmao.alert.published"], _holders, _said,
        urgent=True, icon=ICON,
    ),
]  # fmt: skip


def panels(obj: Any) -> list[Panel]:
    """Return the mark on the page of a piece while an alert that may mean it is not settled."""
    if not isinstance(obj, Equipment) or not current().can(VIEW, obj.facility):
        return []
    rows = open_of(obj)
    context = {"rows": rows, "states": AFFECTED.states}
    return [Panel(_("Safety alert"), "gmao/safety/mark.html", context, above=True)] if rows else []


def happened(event: Event) -> None:
    """Settle the piece whose work order is finished."""
    if event.topic == "gmao.workorder.done":
        work_done(int(event.ref.rpartition("/")[2]))
