"""What is done to webhooks. Making one, and a secret, are their pages' alone: it is shown there, once, and stands in no
stored answer."""

from core.api.webhooks import services
from core.api.webhooks.forms import WebhookForm, stored
from core.api.webhooks.models import RIGHT, Webhook
from core.contract.verbs import Verb
from core.contract.words import _
from core.users.signin.login import proved
from core.web.forms import Stored

CHANGE = Verb(
    "core.webhook.change", _("Change"), RIGHT, services.change, Webhook, Stored(WebhookForm, stored),
    _("The changes are kept."), page="webhooks.edit", guard=proved,
)  # fmt: skip
TRY = Verb(
    "core.webhook.try", _("Send a test"), RIGHT, services.try_out, Webhook, offered=lambda hook: hook.active,
    said=_("A test is on its way. Reload the page to see what came of it."),
)  # fmt: skip
AGAIN = Verb(
    "core.webhook.again", _("Send again"), RIGHT, services.again, Webhook,
    said=_("What failed and what waits is sent again now."), offered=lambda hook: hook.active,
)  # fmt: skip
OFF = Verb(
    "core.webhook.off", _("Switch off"), RIGHT, services.switch_off, Webhook, offered=lambda hook: hook.active,
    said=_("Nothing is sent there any more."), warning=_("What waits to be sent is dropped."),
)  # fmt: skip
ON = Verb(
    "core.webhook.on", _("Switch on"), RIGHT, services.switch_on, Webhook, offered=lambda hook: not hook.active,
    said=_("What happens from now on is sent."), guard=proved,
)  # fmt: skip
VERBS = [CHANGE, TRY, AGAIN, OFF, ON]
