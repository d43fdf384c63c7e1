"""What people are told of recalls."""

from collections.abc import Iterable

from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _
from core.users.directory.services import nearest
from plugins.elmis.catalogue.recalls import EDIT, MOVE, Recall


def _holders(_event: Event, row: Recall | None) -> Iterable[int]:
    return () if row is None else nearest(MOVE, *(site.facility.path for site in row.sites))


def concerned(row: Recall) -> Iterable[int]:
    """Return who is told of what is said of a recall: who decides on it."""
    return nearest(EDIT, row.sites[0].facility.path) if row.sites else ()


def _recalled(event: Event) -> tuple[Words, Words]:
    title = _("Lot %(lot)s is recalled (%(number)s): give none of it out", **_facts(event))
    return title, _("%(product)s. Set it apart, then say on the page of the recall what you hold.", **_facts(event))


def _facts(event: Event) -> dict[str, str]:
    return {name: event.data[name] for name in ("lot", "number", "product")}


KINDS = [
    NoticeKind(
        "elmis.lot.recalled", _("A lot that my store holds is recalled"), ["elmis.lot.recalled"], _holders, _recalled,
        urgent=True, icon="circle-alert",
    ),
]  # fmt: skip
