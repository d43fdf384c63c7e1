"""The list of plans."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.pages import number
from core.web.tables import Column, Table
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.meters.models import METERS
from plugins.gmao.plans.models import PLANNED_KINDS, SHIFT_LABELS, UNIT_LABELS, MaintenancePlan
from plugins.gmao.plans.states import ENDED, MACHINE


def interval(plan: MaintenancePlan) -> str:
    """Return how often a plan comes back, in words: "6 months", "5 000 km", or whichever of both comes first."""
    calendar = f"{plan.interval} {UNIT_LABELS[plan.unit]}" if plan.unit else ""
    meter = f"{number(plan.meter)} {METERS[plan.meter_unit]}" if plan.meter_unit else ""
    if calendar and meter:
        return str(_("%(meter)s or %(calendar)s, whichever comes first", meter=meter, calendar=calendar))
    return calendar or meter


class PlanTable(Table):
    """The plans that hold where this person works, above it and below."""

    model = MaintenancePlan
    columns = [
        Column("name", _("Name"), detail=lambda row: row.target),
        Column("kind", _("Kind of work"), facet=PLANNED_KINDS),
        Column("every", _("Every"), MaintenancePlan.interval, value=interval),
        Column("unit", _("Unit of the interval"), choices=UNIT_LABELS, default=False),
        Column("meter", _("Every (by the meter)"), kind="number", default=False),
        Column("meter_unit", _("Meter"), choices=METERS, default=False),
        Column("first_on", _("First due on"), kind="date"),
        Column("floating", _("Counted from what was done"), kind="bool", default=False),
        Column("shift", _("On a day without work"), choices=SHIFT_LABELS, default=False),
        Column("tolerance", _("Tolerance (% of the interval)"), kind="number", default=False),
        Column("lead_days", _("Order opened so many days before"), kind="number", default=False),
        Column("minutes", _("Estimated minutes"), kind="number", default=False),
        *place_columns(MaintenancePlan),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("ended_on", _("Ended on"), kind="date", default=False),
    ]
    search = [MaintenancePlan.name, EquipmentType.label_fr, EquipmentModel.code, Equipment.code]
    default_sort = "name"
    options = [
        selectinload(MaintenancePlan.type), selectinload(MaintenancePlan.model),
        selectinload(MaintenancePlan.equipment).selectinload(Equipment.type),
    ]  # fmt: skip
    views = [
        ("all", _("All"), {}),
        ("ended", _("Ended"), {"f.state": ENDED}),
    ]
    empty = (_("No maintenance plan yet"), _("A plan says what is due how often, for a type, a model or one piece."))

    def query(self) -> Select[Any]:
        """Return the plans with what they are for."""
        query = select(MaintenancePlan).outerjoin(EquipmentType, EquipmentType.id == MaintenancePlan.type_id)
        query = query.outerjoin(EquipmentModel, EquipmentModel.id == MaintenancePlan.model_id)
        return query.outerjoin(Equipment, Equipment.id == MaintenancePlan.equipment_id)
