"""What has become of a requisition, in one word everywhere: its own state, then that of all that the depot makes
of it, the rest of a short delivery too."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import case, select

from core.contract.words import _
from core.data.bulk import read_beside
from core.data.states import State
from plugins.elmis.promises.machines import BEFORE_SHIPPING
from plugins.elmis.promises.models import Order
from plugins.elmis.requisitions.models import Requisition
from plugins.elmis.requisitions.states import STATES

REST_DUE = "rest_due"  # some of it was received, some is still to come
SAID = {
    **STATES,
    "to_prepare": State(_("to be prepared by the depot"), "warn"),
    "converted": State(_("in preparation at the depot"), "info"),
    "rest_to_send": State(_("sent in part, rest to be sent"), "warn"),
    "on_the_way": State(_("on the way"), "info"),
    REST_DUE: State(_("delivered in part, rest to be delivered"), "warn"),
    "in_part": State(_("delivered in part, rest given up"), "neutral"),
    "delivered": State(_("delivered"), "ok"),
    "called_back": State(_("called back on the way"), "neutral"),
    "given_up": State(_("cancelled by the depot"), "neutral"),
}


def _some(*states: str) -> Any:
    """Return whether an order of the requisition stands in one of some states; facts: no rights filter them."""
    table = Order.__table__.c
    orders = select(table.id).where(table.requisition_id == Requisition.id, table.state.in_(states))
    return orders.correlate(Requisition.__table__).exists()


_came, _part = _some("received", "closed"), _some("partly_received")
_road, _before = _some("shipped"), _some(*BEFORE_SHIPPING)
_begun, _back, _gone = _some("allocated", "picked", "packed"), _some("called_back"), _some("cancelled")
CODE = case(
    (Requisition.state != "converted", Requisition.state),
    (_part | (_came & (_before | _road)), REST_DUE),
    (_road & _before, "rest_to_send"),
    (_road, "on_the_way"),
    (_begun, "converted"),
    (_before, "to_prepare"),
    (_came & (_back | _gone), "in_part"),
    (_came, "delivered"),
    (_back, "called_back"),
    (_gone, "given_up"),
    else_="converted",
)


def states(rows: Iterable[Requisition]) -> dict[int, State]:
    """Return {id: what has become of it} of some requisitions."""
    every = {row.id: row.state for row in rows}
    made = [key for key, state in every.items() if state == "converted"]
    if made:
        query = select(Requisition.id, CODE).where(Requisition.id.in_(made))
        every |= dict(map(tuple, read_beside(query, "what became of orders that were read by rights")))
    return {key: SAID[code] for key, code in every.items()}
