"""Reading the audit trail: pages for auditors, and the history of an object on its own page."""

from typing import Any

from core.contract.ports import Panel
from core.contract.words import _
from core.data.access import current


def panel(obj: Any) -> Panel:
    """Return the history of an object, to show on its page to whoever may read it."""
    from core.journal import services

    wider = current().can(services.VIEW)
    return Panel(
        _("History"), "journal/panel.html", {"lines": services.of(obj)},
        url=f"/journal?entity={obj.__entity__}&entity_id={obj.id}" if wider else None, link=_("Journal"),
    )  # fmt: skip
