"""Whom leave tells what: who asked, how it was decided; who stands in, that he does."""

from collections.abc import Iterable
from typing import Any

from core.contract.ports import Event, Fact, NoticeKind
from core.contract.words import _
from plugins.hr.leave.service import known

FACTS = [
    Fact("hr.leave.approved", _("Leave was approved")),
    Fact("hr.leave.refused", _("Leave was refused")),
    Fact("hr.leave.revoked", _("Leave was revoked")),
    Fact("hr.leave.resumed", _("Somebody is back from leave")),
]
SAID = {
    "hr.leave.approved": _("Your leave %(number)s is approved"),
    "hr.leave.refused": _("Your leave %(number)s is refused"),
    "hr.leave.revoked": _("Your leave %(number)s is revoked"),
}


def _who(_event: Event, row: Any) -> Iterable[int]:
    """Return the account of the person whose leave it is."""
    found = None if row is None else known(row.person_id)
    return [found.user_id] if found is not None and found.user_id is not None else []


def _said(event: Event) -> tuple[Any, Any]:
    return str(SAID[event.topic]) % {"number": event.data["number"]}, event.user_label


KINDS = [
    NoticeKind("hr.leave.decided", _("My leave is decided"), list(SAID), _who, _said, icon="calendar"),
]
