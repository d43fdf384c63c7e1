"""What is done to tokens. Making one is its page's alone: the token is shown there, once, and stands in no answer."""

from core.api.tokens.models import OPEN, Token
from core.api.tokens.services import end
from core.contract.verbs import Verb
from core.contract.words import _

END = Verb(
    "core.token.end", _("End this token"), "", end, Token, said=_("The token opens nothing any more."),
    warning=_("Programs that show it are refused from now on."), offered=lambda token: token.state == OPEN,
)  # fmt: skip
