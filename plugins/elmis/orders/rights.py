"""Who may prepare and who may receive: each side of a delivery has its own right."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from core.data.access import Access, At, acting, current

VIEW, PREPARE, RECEIVE = "elmis.order.view", "elmis.order.prepare", "elmis.receipt.confirm"
SEND = "elmis.stock.move"  # who sends goods of a store answers for them, order or not
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


@contextmanager
def on_behalf() -> Iterator[None]:
    """Let a step that was allowed have its effect at the other side; the trail still names the person."""
    with acting(replace(current(), everything=True)):
        yield
