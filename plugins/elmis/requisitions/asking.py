"""A single product is asked for beside the requisition of the month, as another plugin needs it."""

from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.replenishment.services import suggest
from plugins.elmis.requisitions import services
from plugins.elmis.requisitions.coming import expected
from plugins.elmis.requisitions.models import Requisition
from plugins.elmis.requisitions.quantities import remember


def ask_for(facility: Facility, product: Product, quantity: int, why: str) -> Requisition:
    """Return the emergency requisition of the month, with a quantity of a product, in base units, beside what it asks
    for already, and the reason; it is for who keeps the store to change and to confirm."""
    row = services.urgent(facility)
    line = next((line for line in row.lines if line.product_id == product.id), None)
    before = 0 if line is None else line.asked
    if line is None:
        (found,) = suggest(facility, row.as_of, row.policy, expected(facility), {product.id})
        line = services.add_line(row, found)
    line.requested, line.reason = before + quantity, why[:300]
    row.version += 1
    remember(line, "change", before, line.requested, why)
    return row
