"""The forms of webhooks."""

from collections.abc import Iterator
from typing import Any

from wtforms import SelectMultipleField

from core.api.webhooks.models import RIGHT, Webhook
from core.api.webhooks.services import accounts
from core.contract.plugins import facts
from core.contract.words import _
from core.data.access import current
from core.web.forms import ChoiceField, FacilityField, Form, TextField


def _accounts() -> Iterator[tuple[int, Any]]:
    mine = current().own_id
    for one in accounts():
        yield one.id, one.name if one.id == mine else _("%(name)s (service account)", name=one.name)


class WebhookForm(Form):
    """Where facts are sent to, and which."""

    name = TextField(_("Name"), required=True, max_length=80, help=_("What the other system is called."))
    url = TextField(
        _("Address"), required=True, max_length=500, render_kw={"inputmode": "url"},
        help=_("https://…, where the other system takes them."),
    )  # fmt: skip
    topics = SelectMultipleField(_("Facts"), choices=(), validate_choice=False)  # the service judges them

    def values(self) -> dict[str, Any]:
        """Return what is said of a webhook."""
        return {"name": self.name.data, "url": self.url.data, "topics": self.topics.data or []}


class NewWebhookForm(WebhookForm):
    """A new webhook: also for whom, and of which place."""

    place = FacilityField(_("Place"), required=True, permission=RIGHT, help=_("What happens there and below is sent."))
    account = ChoiceField(
        _("Account"), _accounts, required=True,
        help=_("Only what this account may read there is sent. A service account stays when people change."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what is said of a webhook, its place and its account."""
        return {**super().values(), "place": self.place.data, "account": self.account.data}


def stored(hook: Webhook) -> dict[str, Any]:
    """Return a webhook as its form shows it."""
    return {"name": hook.name, "url": hook.url, "topics": hook.names}


def groups() -> dict[str, list[Any]]:
    """Return {plugin: its facts}."""
    found: dict[str, list[Any]] = {}
    for fact in facts().values():
        found.setdefault(fact.topic.partition(".")[0], []).append(fact)
    return found
