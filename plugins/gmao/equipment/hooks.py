"""What the register gives to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from core.contract.entities import Entity
from core.contract.ports import Card, Fact, Label, MenuItem, Obstacle, Panel
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.exact import rounded
from core.facilities.models import Facility
from core.notices.ways import address
from core.nouns.pages import listed
from core.web.pages import number
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.importer import REGISTER
from plugins.gmao.equipment.models import DOWN, ENERGIES, FUNDINGS, REASONS, STATUSES, Equipment, StatusEvent
from plugins.gmao.equipment.services import left_behind
from plugins.gmao.equipment.states import IN_USE, MACHINE
from plugins.gmao.equipment.tables import EquipmentTable
from plugins.gmao.equipment.verbs import VERBS
from plugins.gmao.equipment.views import bp
from plugins.gmao.formulas.functional import functional_of
from plugins.gmao.menu import DAILY
from plugins.gmao.rights import VIEW

LIST = "equipment.index"


def _label(row: Equipment) -> Label:
    lines = [row.model.code if row.model else "", row.serial, row.facility.name]
    code = address("equipment_label.report", tag=row.code)  # for phones of people without an account
    return Label(code, row.type.label, [row.code, *filter(None, lines)], row.place, "qr")


BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.equipment", Equipment, _("Piece of equipment"), _("Equipment"), "equipment.show", VIEW, EquipmentTable,
        "wrench", ("code", "serial", "inventory"), REGISTER,
        {"state": MACHINE.states, "status": STATUSES, "because": REASONS, "energy": ENERGIES, "funding": FUNDINGS},
        ("type_id", "code"), MACHINE, VERBS, attachments=True, comments=True, index=LIST, own_fields=True,
        kinds="type_id", labels=_label,
    ),
    Entity(
        "gmao.status_event", StatusEvent, _("Working order"), _("Working orders"), permission=VIEW,
        words={"status": STATUSES, "because": REASONS}, named=("equipment_id", "happened_at"),
    ),
]  # fmt: skip
FACTS = [Fact("gmao.equipment.status", _("Equipment works otherwise than before"))]
MENU = [MenuItem(_("Equipment"), LIST, VIEW, DAILY, "wrench", order=306)]


def panels(obj: Any) -> list[Panel]:
    """Return the equipment on the page of its facility, of its type, and of its model."""
    if isinstance(obj, Facility):
        return listed(EquipmentTable, Equipment.facility == obj, {"f.facility": obj.name}, order=55)
    if isinstance(obj, EquipmentType):
        return listed(EquipmentTable, Equipment.type == obj, {"q": obj.label_fr})
    return listed(EquipmentTable, Equipment.model == obj, {"q": obj.code}) if isinstance(obj, EquipmentModel) else []


def cards(facility: Facility) -> Iterator[Card]:
    """Yield how much of the equipment in use works, and how much is out of order, at a facility and below it."""
    if not current().can(VIEW, facility):
        return
    here = Equipment.facility.has(Facility.path.startswith(facility.path)), Equipment.state.in_(IN_USE)
    query = select(Equipment.status, func.count(Equipment.id)).where(*here).group_by(Equipment.status)
    counts: dict[str, int] = dict(db.session.execute(query).all())
    found = functional_of(counts)
    if found.known + found.unknown == 0:
        return
    rate = "–" if found.rate is None else f"{number(rounded(100 * found.rate, 0), 0)} %"
    of = _("%(working)s of %(known)s", working=number(found.working), known=number(found.known))
    more = _("%(of)s, %(unknown)s unknown", of=of, unknown=number(found.unknown)) if found.unknown else of
    yield Card(_("Working equipment"), rate, LIST, {"f.state": list(IN_USE)}, more, order=30)
    yield Card(
        _("Equipment out of order"), number(counts.get(DOWN, 0)), LIST, {"f.state": list(IN_USE), "f.status": DOWN},
        tone="danger" if counts.get(DOWN) else "", order=31,
    )  # fmt: skip


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the equipment that a closed facility would leave behind."""
    if count := left_behind(facility):
        yield Obstacle(
            _("Equipment that is here: %(n)s", n=number(count)), _("Send it elsewhere, or dispose of it."), LIST,
            {"f.facility": facility.name}, _("Open the list"),
        )  # fmt: skip
