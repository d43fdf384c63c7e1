"""The lists of offers, and of what they offer."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column
from core.web.tables import Column, Table
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.donations.models import ANSWERS, CONDITIONS, SUPPLIES, Offer, OfferItem
from plugins.gmao.donations.states import MACHINE


class OfferTable(Table):
    """The offers that this person may see."""

    model = Offer
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("donor", _("Donor"), facet=True),
        Column("project", _("Project")),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        *place_columns(Offer),
        Column("offered_on", _("Offered on"), kind="date"),
        due_column(Offer),
        Column("contact", _("Contact"), default=False),
        Column("decided_on", _("Decided on"), kind="date", default=False),
        Column("decided_by", _("Decided by"), default=False),
        Column("terms", _("Conditions, or why it is declined"), default=False),
        Column("received_on", _("Received on"), kind="date", default=False),
    ]
    search = [Offer.number, Offer.donor, Offer.project]
    default_sort = "-offered_on"
    views = [
        ("all", _("All"), {}),
        ("to_examine", _("To examine"), {"view": "to_examine"}),
        ("to_decide", _("To decide"), {"view": "to_decide"}),
        ("to_receive", _("Awaited"), {"view": "to_receive"}),
        OVERDUE,
    ]
    empty = (_("No offer yet"), _("What donors offer is examined here before anybody says yes."))


class ItemTable(Table):
    """What is offered, and what is told of it."""

    model = OfferItem
    columns = [
        Column("offer", _("Offer"), Offer.number, value=lambda row: row.offer.number, kind="code",
               detail=lambda row: row.offer.donor),
        Column("type", _("Type"), EquipmentType.label_fr, value=lambda row: row.type.label),
        Column("model", _("Maker and model"), EquipmentModel.code,
               value=lambda row: row.model.code if row.model else ""),
        Column("quantity", _("Quantity"), kind="number"),
        Column("condition", _("New or used"), facet=CONDITIONS),
        Column("made_year", _("Year of manufacture")),
        Column("left_out", _("Not accepted"), kind="bool"),
        Column("volts_least", _("Voltage (V)"), default=False),
        Column("volts_most", _("Voltage up to (V)"), default=False),
        Column("frequency", _("Frequency"), default=False),
        Column("plugs", _("Plug"), default=False),
        Column("manual", _("Manual in French"), choices=ANSWERS, default=False),
        Column("consumables", _("Consumables"), choices=SUPPLIES, default=False),
        Column("consumables_cost", _("Cost of consumables a year (FBu)"), kind="money", default=False),
        Column("service", _("Service in the country"), choices=ANSWERS, default=False),
        Column("training", _("Training of users"), choices=ANSWERS, default=False),
        Column("warranty_months", _("Warranty (months)"), kind="number", default=False),
    ]  # fmt: skip
    search = [Offer.number, Offer.donor, EquipmentType.label_fr, EquipmentModel.code]
    default_sort = "-offer"
    options = [contains_eager(OfferItem.offer), contains_eager(OfferItem.type), contains_eager(OfferItem.model)]
    empty = (_("Nothing is offered yet"), _("“Add an item” stands on the page of an offer."))

    def query(self) -> Select[Any]:
        """Return the items with their offers, types and models."""
        query = select(OfferItem).join(Offer, Offer.id == OfferItem.offer_id)
        query = query.join(EquipmentType, EquipmentType.id == OfferItem.type_id)
        query = query.outerjoin(EquipmentModel, EquipmentModel.id == OfferItem.model_id)
        return query
