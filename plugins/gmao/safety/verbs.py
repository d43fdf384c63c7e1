"""What is done with safety alerts, and with the pieces that they concern."""

from dataclasses import replace

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.gmao.rights import PUBLISH
from plugins.gmao.safety import services
from plugins.gmao.safety.forms import AlertForm, NewAlertForm
from plugins.gmao.safety.models import DRAFT, PUBLISHED, Affected, Alert
from plugins.gmao.safety.states import AFFECTED, ALERT

PREPARE = Verb(
    "gmao.alert.prepare", _("New safety alert"), PUBLISH, services.prepare, None, NewAlertForm,
    lambda alert: _("%(number)s is prepared. Nobody is told before it is published.", number=alert.number),
)  # fmt: skip
CHANGE = Verb(
    "gmao.alert.change", _("Change"), PUBLISH, services.change, Alert, Stored(AlertForm), _("The changes are kept."),
    offered=lambda alert: alert.state == DRAFT,
)  # fmt: skip
LOOK = Verb(
    "gmao.alert.look", _("Look for pieces again"), PUBLISH, services.look, Alert,
    offered=lambda alert: alert.state == PUBLISHED,
)  # fmt: skip
VERBS = [PREPARE, CHANGE, LOOK, *steps(ALERT, Alert, publish=services.publish, close=services.close)]
_STEPS = steps(
    AFFECTED, Affected, ["confirm", "correct"], confirm=services.confirm, clear=services.clear,
    correct=services.correct, withdraw=services.withdraw, reopen=services.reopen,
)  # fmt: skip
SETTLING = [replace(verb, offered=lambda row: row.alert.state == PUBLISHED) for verb in _STEPS]
