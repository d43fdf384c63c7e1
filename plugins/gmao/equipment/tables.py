"""The list of the register."""

from datetime import timedelta
from typing import Any

from flask import request
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import contains_eager

from core.contract.words import _
from core.data.calendar import today
from core.facilities.listing import place_columns
from core.web.tables import Column, Table
from plugins.gmao.catalogue.models import KINDS, EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import ATTENTION, DOWN, ENERGIES, FUNDINGS, REASONS, STATUSES, Equipment
from plugins.gmao.equipment.states import DISPOSED, MACHINE

SOON = timedelta(days=90)


class EquipmentTable(Table):
    """All equipment that this person may see; what was disposed of has a view of its own."""

    model = Equipment
    columns = [
        Column("code", _("Tag"), kind="code"),
        Column("type", _("Type"), EquipmentType.label_fr, value=lambda row: row.type.label,
               detail=lambda row: row.model.code if row.model else ""),
        Column("serial", _("Serial number"), kind="code"),
        Column("status", _("Working order"), kind="state", facet=STATUSES),
        Column("because", _("Because"), choices=REASONS, default=False),
        Column("room", _("Room or service")),
        *place_columns(Equipment),
        Column("kind", _("Domain"), EquipmentType.kind, value=lambda row: row.type.kind, facet=KINDS, default=False),
        Column("state", _("Life"), kind="state", facet=MACHINE.states),
        Column("status_at", _("Since"), kind="datetime", default=False),
        Column("type_code", _("Type (code)"), EquipmentType.code, value=lambda row: row.type.code, kind="code",
               default=False),
        Column("maker", _("Maker"), EquipmentModel.maker, value=lambda row: row.model.maker if row.model else "",
               default=False),
        Column("model", _("Model"), EquipmentModel.model, value=lambda row: row.model.model if row.model else "",
               default=False),
        Column("inventory", _("Former inventory number"), kind="code", default=False),
        Column("udi", _("UDI or lot"), kind="code", default=False),
        Column("building", _("Building"), default=False),
        Column("custodian", _("In whose care"), default=False),
        Column("energy", _("Energy"), choices=ENERGIES, default=False),
        Column("funding", _("Paid by"), choices=FUNDINGS, default=False),
        Column("donor", _("Donor"), default=False),
        Column("project", _("Project"), default=False),
        Column("supplier", _("Supplier"), default=False),
        Column("cost_bif", _("Cost (FBu)"), kind="money", default=False),
        Column("cost", _("Cost in another currency"), kind="money", default=False),
        Column("currency", _("Currency"), default=False),
        Column("made_year", _("Year of manufacture"), default=False),
        Column("received_on", _("Received on"), kind="date", default=False),
        Column("installed_on", _("Installed on"), kind="date", default=False),
        Column("accepted_on", _("Accepted on"), kind="date", default=False),
        Column("in_service_on", _("In service since"), kind="date", default=False),
        Column("warranty_until", _("Warranty until"), kind="date", default=False),
        Column("contract", _("Maintenance contract"), default=False),
        Column("contract_until", _("Contract until"), kind="date", default=False),
        Column("note", _("Remarks"), default=False),
    ]  # fmt: skip
    search = [Equipment.code, Equipment.serial, Equipment.inventory, EquipmentType.label_fr, EquipmentType.label_en,
              EquipmentModel.code, Equipment.room]  # fmt: skip
    default_sort = "type"
    options = [contains_eager(Equipment.type), contains_eager(Equipment.model)]  # everybody reads them
    views = [
        ("all", _("All"), {}),
        ("down", _("Out of order"), {"f.status": DOWN}),
        ("attention", _("To look after"), {"f.status": ATTENTION}),
        ("ending", _("Warranty or contract ends"), {"view": "ending"}),
        ("disposed", _("Disposed of"), {"view": "disposed"}),
    ]
    empty = (_("No equipment yet"), _("Add what stands here, or bring in the list of the inventory."))

    def query(self) -> Select[Any]:
        """Return the register with types and models; of a ready-made view its rows alone."""
        query = select(Equipment).outerjoin(EquipmentType, EquipmentType.id == Equipment.type_id)  # only where asked
        query = query.outerjoin(EquipmentModel, EquipmentModel.id == Equipment.model_id)
        view = request.args.get("view", "")
        if view == "disposed":
            return query.where(Equipment.state == DISPOSED)
        query = query.where(Equipment.state != DISPOSED)
        if view == "ending":
            ends = (Equipment.warranty_until, Equipment.contract_until)
            query = query.where(or_(*(and_(end >= today(), end <= today() + SOON) for end in ends)))
        return query
