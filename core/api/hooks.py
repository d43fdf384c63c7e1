"""What the interface for programs gives to the core's hooks."""

from core.api.tokens.models import Token
from core.api.tokens.tables import TokenTable
from core.api.tokens.verbs import END
from core.api.webhooks.models import STATES, VIEW, Webhook
from core.api.webhooks.tables import WebhookTable, topics_in_words
from core.api.webhooks.verbs import VERBS
from core.contract.entities import Entity
from core.contract.words import _
from core.users.rights.rules import in_words

ENTITIES = [
    Entity(
        "core.webhook", Webhook, _("Webhook"), _("Webhooks"), "webhooks.show", VIEW, WebhookTable, icon="upload",
        words={"topics": topics_in_words, "active": STATES}, verbs=VERBS, index="webhooks.index",
    ),
    Entity(
        "core.token", Token, _("Token"), _("Tokens"), "tokens.show", table=TokenTable, icon="settings",
        words={"rights": in_words}, named=("name", "user_id"), verbs=[END],
    ),
]  # fmt: skip
