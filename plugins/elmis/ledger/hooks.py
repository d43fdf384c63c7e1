"""What the ledger gives to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.words import _
from plugins.elmis.ledger.importer import MOVEMENTS
from plugins.elmis.ledger.models import Discrepancy, Movement, Reason, StockBalance, StockLocation

SEE = "elmis.stock.view"
ENTITIES = [
    Entity("elmis.reason", Reason, _("Reason"), _("Reasons"), permission=SEE),
    Entity("elmis.location", StockLocation, _("Store"), _("Stores"), permission=SEE),
    Entity("elmis.movement", Movement, _("Movement"), _("Movements"), permission=SEE, importer=MOVEMENTS),
    Entity("elmis.balance", StockBalance, _("Stock"), _("Stocks"), permission=SEE),
    Entity("elmis.discrepancy", Discrepancy, _("Discrepancy"), _("Discrepancies"), permission=SEE),
]
