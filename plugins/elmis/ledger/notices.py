"""What people are told of the book of a store."""

from collections.abc import Iterable

from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _
from core.users.directory.services import foremost
from plugins.elmis.ledger.models import Discrepancy

HEADS = ("elmis.stock.adjust", "elmis.requisition.approve")  # where a store has none, who approves what it asks for


def _heads(_event: Event, row: Discrepancy | None) -> Iterable[int]:
    return () if row is None else foremost(HEADS, row.facility.path)


def _opened(event: Event) -> tuple[Words, Words]:
    facts = {name: event.data[name] for name in ("units", "lot", "document")}
    title = _("%(product)s: more left than the book had", product=event.data["product"])
    return title, _("%(units)s, lot %(lot)s (%(document)s), by %(who)s.", who=event.user_label, **facts)


def _justified(event: Event) -> tuple[Words, Words]:
    title = _("%(product)s: a difference was justified", product=event.data["product"])
    return title, f"{event.data['explanation']} ({event.user_label})"


KINDS = [
    NoticeKind(
        "elmis.discrepancy.opened", _("More left a store of mine than its book had"), ["elmis.discrepancy.opened"],
        _heads, _opened, icon="circle-alert",
    ),
    NoticeKind(
        "elmis.discrepancy.justified", _("A difference in a store of mine was justified"),
        ["elmis.discrepancy.justified"], _heads, _justified, icon="check",
    ),
]  # fmt: skip
