"""Who may prepare and who may receive: each side of a delivery has its own right."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from core.data.access import Access, At, also

VIEW, PREPARE, RECEIVE = "elmis.order.view", "elmis.order.prepare", "elmis.receipt.confirm"
SEND = "elmis.stock.move"  # who sends goods of a store answers for them, order or not
WATCH = "elmis.requisition.approve"  # who is told of what is late at the places below
SENDING = At("supplier_id", read=VIEW, write=SEND)
RECEIVING = At("facility_id", read=VIEW, write=RECEIVE)


@dataclass(frozen=True, init=False)
class Sides(At):
    """Rows of two facilities: seen from both, written by whoever sends from the one or receives at the other."""

    def __init__(self) -> None:
        super().__init__("supplier_id", "facility_id", read=VIEW, write=(SEND, RECEIVE))

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether this person moves stock at the supplier or receives at the facility."""
        return SENDING.may_write(obj, access) or RECEIVING.may_write(obj, access)


def both_sides() -> AbstractContextManager[None]:
    """Let a step of a delivery that was allowed have its effect at the other side too."""
    return also(VIEW, PREPARE, RECEIVE, SEND, "elmis.stock.view")
