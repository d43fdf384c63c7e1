"""The list of transfer requests."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _
from core.data.access import current
from core.facilities.models import Facility
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.promises.models import Shipment
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import TransferRequest

Holder, Place = aliased(Facility), aliased(Facility)


class TransferRequestTable(Table):
    """The requests this person may see, as the holder of the goods or as who lacks them."""

    model = TransferRequest
    columns = [
        Column("number", _("Number"), kind="code", link=lambda row: url_for("transfer_requests.show", id=row.id)),
        Column("product", _("Product"), Product.name_fr, value=lambda row: row.product.name),
        Column("quantity", _("Quantity asked for"), kind="number"),
        Column("sent", _("Quantity sent"), kind="number", value=lambda row: row.sent),
        Column("supplier", _("From"), Holder.name, value=lambda row: row.supplier.name, facet=True),
        Column("facility", _("To"), Place.name, value=lambda row: row.facility.name),
        Column("state", _("State"), facet=REQUEST.states),
        Column("asked_on", _("Asked on"), kind="date"),
        due_column(TransferRequest, default=False),
        Column("shipment", _("Delivery"), Shipment.number,
               value=lambda row: row.shipment.number if row.shipment else ""),
        Column("lot", _("Lot"), Lot.number, value=lambda row: row.lot.number, default=False),
        Column("asked_by", _("Asked by"), default=False),
        Column("reason", _("Reason"), default=False),
        Column("supplier_code", _("Sender (code)"), Holder.code, default=False),
        Column("facility_code", _("Receiver (code)"), Place.code, default=False),
    ]  # fmt: skip
    search = [TransferRequest.number, Product.name_fr, Holder.name, Place.name]
    default_sort = "-asked_on"
    options = [selectinload(getattr(TransferRequest, name)) for name in ("supplier", "facility", "product", "lot")] + [
        selectinload(TransferRequest.shipment).selectinload(Shipment.lines)
    ]
    views = [
        ("all", _("All"), {}),
        ("answer", _("To answer"), {"view": "answer"}),
        ("mine", _("Asked by me"), {"view": "mine"}),
        ("refused", _("Refused to me"), {"view": "refused"}),
        OVERDUE,
    ]
    empty = (_("No transfer request"), _("“To redistribute”, on the dashboard, proposes whom to ask for what."))

    def query(self) -> Select[Any]:
        """Return the requests, those of a ready-made view alone when one is chosen."""
        query = select(TransferRequest).join(Holder, Holder.id == TransferRequest.supplier_id)
        query = query.join(Place, Place.id == TransferRequest.facility_id)
        query = query.join(Product, Product.id == TransferRequest.product_id)
        query = query.join(Lot, Lot.id == TransferRequest.lot_id)
        query = query.outerjoin(Shipment, Shipment.id == TransferRequest.shipment_id)
        view = request.args.get("view", "all")
        if view == "mine":
            return query.where(TransferRequest.asked_by_id == current().user_id)
        return query if view == "all" else in_view(query, TransferRequest, view)
