"""The list of readings."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from core.contract.words import _
from core.facilities.models import Facility
from core.web.tables import Column, Table
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.meters.models import HOLDS, METERS, Reading


class ReadingTable(Table):
    """The readings that count, of the pieces that this person may see."""

    model = Reading
    columns = [
        Column("code", _("Tag"), Equipment.code, value=lambda row: row.equipment.code, kind="code"),
        Column("type", _("Type"), EquipmentType.label_fr, value=lambda row: row.equipment.type.label),
        Column("unit", _("Meter"), facet=METERS),
        Column("value", _("Figure read"), kind="number"),
        Column("read_on", _("Read on"), kind="date"),
        Column("replaced", _("The meter was replaced"), kind="bool", default=False),
        Column("note", _("Remarks"), default=False),
        Column("facility", _("Facility"), Facility.name, value=lambda row: row.equipment.facility.name, facet=True),
        Column("recorded_by", _("Recorded by"), default=False),
        Column("recorded_at", _("Recorded at"), kind="datetime", default=False),
    ]
    search = [Equipment.code, EquipmentType.label_fr, Facility.name]
    default_sort = "-read_on"
    options = [
        contains_eager(Reading.equipment).options(contains_eager(Equipment.type), contains_eager(Equipment.facility))
    ]
    empty = (_("No meter was read yet"), _("“Note a meter reading” stands on the page of a piece."))

    def query(self) -> Select[Any]:
        """Return the readings with their pieces."""
        query = select(Reading).join(Reading.equipment).join(Equipment.type)
        return query.join(Facility, Facility.id == Equipment.facility_id).where(HOLDS)
