"""Who is told that a refrigerator or freezer was outside its limits."""

from collections.abc import Iterable

from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _
from core.users.directory.services import nearest
from plugins.gmao.coldchain.models import KINDS, Breach
from plugins.gmao.rights import APART, REPORT, WORK


def _near(_event: Event, row: Breach | None) -> Iterable[int]:
    path = row.facility.path if row is not None else ""
    return [one for right in (REPORT, WORK, APART) for one in nearest(right, path)] if path else ()


def _said(event: Event) -> tuple[Words, Words]:
    return _("Temperature breach %(number)s", number=event.data["number"]), KINDS[event.data["kind"]]


NOTICES = [
    NoticeKind(
        "gmao.breach.found", _("A refrigerator or freezer of mine was outside its temperatures"), ["gmao.breach.found"],
        _near, _said, urgent=True, icon="circle-alert",
    )
]  # fmt: skip
