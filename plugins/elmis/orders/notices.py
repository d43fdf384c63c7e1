"""What people are told of deliveries and of what was found on arrival."""

from collections.abc import Iterable, Mapping

from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _
from core.users.directory.services import nearest
from plugins.elmis.promises.models import Order, Receipt, Shipment
from plugins.elmis.promises.rights import PREPARE, RECEIVE, SEND

SETTLING: Mapping[str, Words] = {
    "elmis.receipt.contest": _("The differences of receipt %(number)s are contested"),
    "elmis.receipt.answer": _("Receipt %(number)s: the receiver has answered"),
    "elmis.receipt.acknowledge": _("The differences of receipt %(number)s are acknowledged"),
    "elmis.receipt.withdraw": _("The differences of receipt %(number)s were withdrawn"),
    "elmis.receipt.find": _("Receipt %(number)s: something missing was found"),
    "elmis.receipt.find_here": _("Receipt %(number)s: something missing had not left"),
    "elmis.receipt.take_back": _("Receipt %(number)s: the refused goods were taken back"),
}


def _receivers(_event: Event, row: Order | Shipment | None) -> Iterable[int]:
    return () if row is None else nearest(RECEIVE, row.facility.path)


def _senders(event: Event, row: Order | Shipment | None) -> Iterable[int]:
    disputed = row is not None and event.data["state"] == "disputed"
    return nearest(SEND, row.supplier.path) if row is not None and disputed else ()


def _other_side(event: Event, row: Receipt | None) -> Iterable[int]:
    """Return who stands at the side that did not act; where whoever acted belongs to neither, both."""
    if row is None:
        return ()
    sides = [nearest(SEND, row.supplier.path), nearest(RECEIVE, row.facility.path)]
    others = [side for side in sides if event.user_id not in side]
    return [user_id for side in others for user_id in side]


def of_order(row: Order) -> Iterable[int]:
    """Return who is told of what is said of an order: who prepares it, and who will receive it."""
    return [*nearest(PREPARE, row.supplier.path), *nearest(RECEIVE, row.facility.path)]


def of_receipt(row: Receipt) -> Iterable[int]:
    """Return who is told of what is said of a receipt: both sides."""
    return [*nearest(SEND, row.supplier.path), *nearest(RECEIVE, row.facility.path)]


def _who(event: Event) -> Words:
    return event.user_label


def _number(event: Event) -> dict[str, str]:
    return {"number": event.data["number"]}


KINDS = [
    NoticeKind(
        "elmis.order.shipped", _("A delivery is on its way to my store"), ["elmis.order.shipped"], _receivers,
        lambda event: (
            _("Delivery %(number)s is on its way to you", **_number(event)),
            _("From %(supplier)s.", supplier=event.data["supplier"]),
        ), icon="truck",
    ),
    NoticeKind(
        "elmis.receipt.disputed", _("A delivery of mine arrived with differences"), ["elmis.order.received"], _senders,
        lambda event: (_("Receipt %(number)s: differences were found", **_number(event)), _who(event)),
        icon="circle-alert",
    ),
    NoticeKind(
        "elmis.receipt.settling", _("The other side has answered about a receipt"), list(SETTLING), _other_side,
        lambda event: (SETTLING[event.topic] % _number(event), _who(event)), icon="clipboard-list",
    ),
]  # fmt: skip
