"""The list of webhooks."""

from typing import Any

from flask import url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.api.webhooks.models import STATES, Webhook
from core.contract.plugins import facts
from core.contract.words import _
from core.facilities.models import Facility
from core.web.tables import Column, Table


def topics_in_words() -> dict[str, Any]:
    """Return what has happened, by the topics of facts."""
    return {topic: fact.label for topic, fact in facts().items()}


def _page_of(hook: Webhook) -> Any:
    return url_for("webhooks.show", id=hook.id)


class WebhookTable(Table):
    """Where facts are sent to."""

    model = Webhook
    columns = (
        Column("name", _("Name"), Webhook.name, link=_page_of),
        Column("url", _("Address"), Webhook.url, kind="code"),
        Column("place", _("Place"), Facility.name, value=lambda hook: hook.facility.name),
        Column("active", _("State"), Webhook.active, kind="bool", facet=STATES),
        Column("told_at", _("Last received"), Webhook.told_at, kind="datetime"),
    )
    search = (Webhook.name, Webhook.url)
    default_sort = "name"
    options = (selectinload(Webhook.facility),)
    empty = (_("No webhook yet"), _("A webhook tells another system what happens here, as it happens."))

    def query(self) -> Select[Any]:
        """Return the webhooks with their places."""
        return select(Webhook).join(Facility, Facility.id == Webhook.facility_id)
