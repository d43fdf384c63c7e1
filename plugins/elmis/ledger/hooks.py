"""What the ledger gives to the plugin's hooks."""

from collections.abc import Iterator
from datetime import date, time

from sqlalchemy.orm import selectinload

from core.contract.entities import Entity
from core.contract.ports import Fact, Recurring
from core.contract.words import _
from core.facilities.models import Facility
from plugins.elmis.ledger import notices
from plugins.elmis.ledger.jobs import VERIFY
from plugins.elmis.ledger.labels import label_of_store
from plugins.elmis.ledger.models import (
    KINDS,
    SHORTFALL,
    Discrepancy,
    Movement,
    Observation,
    Placing,
    Reason,
    StockBalance,
    StockLocation,
)
from plugins.elmis.ledger.services import first_movement
from plugins.elmis.ledger.tables import BalanceTable, DiscrepancyTable, MovementTable

SEE = "elmis.stock.view"
ENTITIES = [
    Entity(
        "elmis.reason", Reason, _("Reason"), _("Reasons"), "elmis_settings.reason", SEE,
        words={"from_kind": KINDS, "to_kind": KINDS},
    ),
    Entity("elmis.location", StockLocation, _("Store"), _("Stores"), permission=SEE, words={"kind": KINDS},
           named=("kind", "name", "facility_id"), labels=label_of_store,
           label_options=(selectinload(StockLocation.facility),)),
    Entity(
        "elmis.movement", Movement, _("Movement"), _("Movements"), "stock.movement", SEE, MovementTable,
        named=("document", "product_id", "lot_id"),
    ),
    Entity("elmis.placing", Placing, _("Order around a count"), _("Orders around counts"), permission=SEE,
           named=("movement_id",)),
    Entity("elmis.observation", Observation, _("Counted lot"), _("Counted lots"), permission=SEE,
           named=("product_id", "lot_id")),
    Entity("elmis.balance", StockBalance, _("Stock"), _("Stocks"), None, SEE, BalanceTable),
    Entity(
        "elmis.discrepancy", Discrepancy, _("Discrepancy"), _("Discrepancies"), "stock.justify", SEE, DiscrepancyTable,
        words={"state": SHORTFALL.states}, named=("facility_id", "movement_id"), machine=SHORTFALL,
        index="stock.shortfalls",
    ),
]  # fmt: skip
NOTICES = notices.KINDS
FACTS = [
    Fact("elmis.discrepancy.opened", _("More left a store than its book had")),
    Fact("elmis.discrepancy.justified", _("What more had left a store was justified")),
]
SCHEDULE = {VERIFY: Recurring(VERIFY, _("Proof of the ledger"), at=time(2, 25))}


def recorded_since(facility: Facility) -> Iterator[date]:
    """Yield the day of the first movement of a facility, whoever may see its stock."""
    first = first_movement(facility)
    if first is not None:
        yield first
