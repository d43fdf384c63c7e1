"""The lists of movements, stocks and differences, as files show them."""

from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased

from core.contract.words import _
from core.facilities.models import Facility
from core.web.tables import Column, Table
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import (
    KINDS,
    PREFIX,
    SHORTFALL,
    STORE,
    TRANSIT,
    Discrepancy,
    Movement,
    Reason,
    StockBalance,
    StockLocation,
)
from plugins.elmis.ledger.reports import reasons

Source, Target = aliased(StockLocation), aliased(StockLocation)
Sender, Receiver, Reversed = aliased(Facility), aliased(Facility), aliased(Movement)
LEAVES = Source.kind == STORE


def own_id(uuid: Any) -> Any:
    """Return the SQL number of a movement as an import names it."""
    return case((uuid.startswith(PREFIX), func.substr(uuid, len(PREFIX) + 1)), else_=uuid)


class MovementTable(Table):
    """All movements; the columns of an import under their names, so that a file comes back as it went out."""

    model = Movement
    columns = [
        Column("id", _("Own id"), own_id(Movement.uuid)),
        Column("facility", _("Facility code"), case((LEAVES, Sender.code), else_=Receiver.code)),
        Column("store", _("Store"), case((LEAVES, Source.name), (Target.kind == STORE, Target.name), else_="")),
        Column("product", _("Product code"), Product.code),
        Column("product_name", _("Product"), Product.name_fr),
        Column("lot", _("Lot number"), Lot.number),
        Column("expiry", _("Expiry"), Lot.expiry, kind="date"),
        Column("quantity", _("Quantity"), kind="number"),
        Column("reason", _("Reason"), Reason.code, choices=reasons),
        Column("date", _("Date"), Movement.occurred_on, kind="date"),
        Column("counterpart", _("From / to"), case(
            (or_(Source.kind != TRANSIT, Sender.id == Receiver.id), Movement.counterpart), else_=Sender.code,
        )),
        Column("document", _("Document")),
        Column("paper", _("Number of the supplier's paper")),
        Column("comment", _("Comment")),
        Column("reverses", _("Reverses"), own_id(Reversed.uuid)),
        Column("source_kind", _("Goes from"), Source.kind, choices=KINDS),
        Column("target_kind", _("Goes to"), Target.kind, choices=KINDS),
        Column("recorded_at", _("Recorded at"), kind="datetime"),
        Column("user_label", _("By")),
    ]  # fmt: skip

    def query(self) -> Select[Any]:
        """Return the movements with both of their sides."""
        query = select(Movement).join(Source, Source.id == Movement.source_id)
        query = query.join(Target, Target.id == Movement.target_id)
        query = query.join(Sender, Sender.id == Movement.source_facility_id)
        query = query.join(Receiver, Receiver.id == Movement.target_facility_id)
        query = query.join(Product, Product.id == Movement.product_id).join(Lot, Lot.id == Movement.lot_id)
        query = query.join(Reason, Reason.id == Movement.reason_id)
        return query.outerjoin(Reversed, Reversed.id == Movement.reverses_id)


class BalanceTable(Table):
    """What lies where now, by lot; the accounts of the ledger among them."""

    model = StockBalance
    columns = [
        Column("facility", _("Facility code"), Facility.code),
        Column("facility_name", _("Facility"), Facility.name),
        Column("kind", _("Kind"), StockLocation.kind, choices=KINDS),
        Column("store", _("Store"), StockLocation.name),
        Column("product", _("Product code"), Product.code),
        Column("product_name", _("Product"), Product.name_fr),
        Column("lot", _("Lot number"), Lot.number),
        Column("expiry", _("Expiry"), Lot.expiry, kind="date"),
        Column("quantity", _("Quantity"), kind="number"),
    ]

    def query(self) -> Select[Any]:
        """Return the balances with what they are of."""
        query = select(StockBalance).join(StockLocation, StockLocation.id == StockBalance.location_id)
        query = query.join(Facility, Facility.id == StockBalance.facility_id)
        return query.join(Product, Product.id == StockBalance.product_id).join(Lot, Lot.id == StockBalance.lot_id)


class DiscrepancyTable(Table):
    """What was missing when goods had left already, and who explained it."""

    model = Discrepancy
    columns = [
        Column("facility", _("Facility code"), Facility.code),
        Column("product", _("Product code"), Product.code),
        Column("lot", _("Lot number"), Lot.number),
        Column("movement", _("Movement"), own_id(Movement.uuid)),
        Column("date", _("Date"), Movement.occurred_on, kind="date"),
        Column("quantity", _("Quantity"), kind="number"),
        Column("state", _("State"), choices=SHORTFALL.states),
        Column("explanation", _("Explanation")),
        Column("opened_at", _("Opened at"), kind="datetime"),
    ]

    def query(self) -> Select[Any]:
        """Return the differences with the movements that left them."""
        query = select(Discrepancy).join(Movement, Movement.id == Discrepancy.movement_id)
        query = query.join(Facility, Facility.id == Discrepancy.facility_id)
        return query.join(Product, Product.id == Movement.product_id).join(Lot, Lot.id == Movement.lot_id)
