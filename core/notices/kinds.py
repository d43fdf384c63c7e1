"""The core's own kinds of notice."""

from collections.abc import Iterable
from typing import Any

from core.contract.ports import APP, MAIL, Event, NoticeKind, Words
from core.contract.words import _
from core.data.outbox import UNHEARD
from core.users.directory import services as directory

REFUSED = "core.mail.refused"


def _administrators(_event: Event, _row: Any) -> Iterable[int]:
    return directory.holding("core.system")


def _unheard(event: Event) -> tuple[Words, Words]:
    line = _("What happened is recorded; only what the plugin does with it is missing.")
    return _("Facts that were not heard by %(plugins)s", plugins=event.data["plugin"]), line


def _refused(event: Event) -> tuple[Words, Words]:
    return (
        _("Mail to you was refused"),
        _("The mail server takes nothing for %(address)s. Correct your address in your profile.",
          address=event.data["address"]),
    )  # fmt: skip


KINDS = [
    NoticeKind(
        "core.fact.unheard", _("A plugin no longer hears what happens"), [UNHEARD], _administrators, _unheard,
        (APP, MAIL), permission="core.system", endpoint="upkeep.index", icon="circle-alert",
    ),
    NoticeKind(
        REFUSED, _("Mail to me is refused"), [REFUSED],
        lambda event, _row: [int(event.ref.rpartition("/")[2])], _refused, (APP,), endpoint="users.profile",
        icon="circle-alert",
    ),
]  # fmt: skip
