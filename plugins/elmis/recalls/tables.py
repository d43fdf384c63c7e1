"""The list of recalls."""

from typing import Any

from flask import url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.facilities.models import Facility
from core.web.tables import Column, Table
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.recalls import Recall, RecallSite
from plugins.elmis.recalls.machines import RECALL, SITE


class RecallTable(Table):
    """Recalls, the newest first."""

    model = Recall
    columns = [
        Column("number", _("Number"), kind="code", link=lambda row: url_for("recalls.show", id=row.id)),
        Column("product", _("Product"), Product.name_fr, value=lambda row: row.lot.product.name),
        Column("lot", _("Lot number"), Lot.number, value=lambda row: row.lot.number),
        Column("issued_on", _("Recalled on"), kind="date"),
        Column("issued_by", _("Recalled by"), default=False),
        Column("reason", _("Reason")),
        Column("state", _("State"), facet=RECALL.states),
    ]
    search = [Recall.number, Product.name_fr, Product.code, Lot.number]
    default_sort = "-issued_on"
    options = [selectinload(Recall.lot).selectinload(Lot.product)]
    empty = (_("No recall"), _("A lot is recalled on its own page, in the catalogue."))

    def query(self) -> Select[Any]:
        """Return the recalls with their lots."""
        query = select(Recall).join(Lot, Lot.id == Recall.lot_id)
        return query.join(Product, Product.id == Lot.product_id)


class RecallSiteTable(Table):
    """What each place did about a recall."""

    model = RecallSite
    columns = [
        Column("recall", _("Recall of a lot"), Recall.number),
        Column("facility", _("Facility code"), Facility.code),
        Column("state", _("State"), facet=SITE.states),
        Column("held", _("Held when recalled"), kind="number"),
        Column("quarantined", _("Put in quarantine"), kind="number"),
        Column("sent_back", _("Sent back"), kind="number"),
        Column("destroyed", _("Destroyed"), kind="number"),
    ]

    def query(self) -> Select[Any]:
        """Return the places with their recalls."""
        query = select(RecallSite).join(Recall, Recall.id == RecallSite.recall_id)
        return query.join(Facility, Facility.id == RecallSite.facility_id)
