"""What people are told of requisitions."""

from collections.abc import Iterable, Mapping

from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _
from core.users.directory.services import nearest
from plugins.elmis.requisitions.approvals import signatories
from plugins.elmis.requisitions.models import APPROVE, CONVERT, EDIT, Requisition

TO_SIGN = ["elmis.requisition.confirmed", "elmis.requisition.authorised", "elmis.requisition.in_approval"]
ANSWERS: Mapping[str, Words] = {
    "elmis.requisition.approved": _("Requisition %(number)s is approved"),
    "elmis.requisition.returned": _("Requisition %(number)s was returned to you"),
    "elmis.requisition.cancelled": _("Requisition %(number)s was cancelled"),
}


def _keepers(_event: Event, row: Requisition | None) -> Iterable[int]:
    waits = row is not None and row.state == "suggested"
    return nearest(EDIT, row.facility.path) if row is not None and waits else ()


def _approvers(event: Event, row: Requisition | None) -> Iterable[int]:
    """Return who stands nearest to the place that signs next, unless somebody went on meanwhile."""
    if row is None or row.place is None or not event.topic.endswith(f".{row.state}"):
        return ()
    return nearest(APPROVE, row.place.path, besides=signatories(row))


def _authors(_event: Event, row: Requisition | None) -> Iterable[int]:
    return () if row is None else [one for one in (row.created_by_id, row.confirmed_by_id) if one]


def concerned(row: Requisition) -> Iterable[int]:
    """Return who is told of what is said of a requisition: the facility, and whose turn it is."""
    turn = nearest(APPROVE, row.place.path) if row.place is not None else []
    if row.state in ("approved", "converted"):
        turn = nearest(CONVERT, row.supplier.path)
    return [*nearest(EDIT, row.facility.path), *turn]


def _of(event: Event) -> Words:
    return _("%(who)s, for %(facility)s", who=event.user_label, facility=event.data["facility"])


KINDS = [
    NoticeKind(
        "elmis.requisition.proposed", _("A requisition is proposed for my store"), ["elmis.requisition.proposed"],
        _keepers,
        lambda event: (_("Requisition %(number)s waits for you to confirm it", **_number(event)), _of(event)),
        icon="file-text",
    ),
    NoticeKind(
        "elmis.requisition.to_approve", _("A requisition waits for my signature"), TO_SIGN, _approvers,
        lambda event: (_("Requisition %(number)s waits for your signature", **_number(event)), _of(event)),
        icon="file-text",
    ),
    NoticeKind(
        "elmis.requisition.answered", _("My requisition was approved, returned or cancelled"), list(ANSWERS),
        _authors, lambda event: (ANSWERS[event.topic] % _number(event), _of(event)), icon="file-text",
    ),
]  # fmt: skip


def _number(event: Event) -> dict[str, str]:
    return {"number": event.data["number"]}
