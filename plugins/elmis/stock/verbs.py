"""What is done to movements and shortfalls."""

from core.contract.verbs import Verb
from core.contract.words import _
from plugins.elmis.ledger import discrepancies, rules, services
from plugins.elmis.ledger.models import JUSTIFY as MAY_JUSTIFY
from plugins.elmis.ledger.models import Discrepancy, Movement
from plugins.elmis.stock.forms import JustifyForm, ReverseForm

REVERSE = Verb(
    "elmis.movement.reverse", _("Reverse a movement"), rules.MOVE, services.reverse, Movement, ReverseForm,
    _("The movement was reversed."), page="stock.reverse",
)  # fmt: skip
JUSTIFY = Verb(
    "elmis.discrepancy.justify", _("Justify"), MAY_JUSTIFY, discrepancies.justify, Discrepancy, JustifyForm,
    _("The difference is justified."), "stock.shortfalls", "stock.justify",
)  # fmt: skip
