"""The forms of the ledger: each asks for a reason."""

from core.contract.words import _
from core.web.forms import Form, LongText


class ReverseForm(Form):
    """Why a movement is undone."""

    comment = LongText(_("Reason"), required=True, max_length=300, help=_("It stays on the stock card."))


class JustifyForm(Form):
    """What explains a shortfall."""

    explanation = LongText(
        _("Explanation"),
        required=True,
        max_length=1000,
        help=_("What was found: a paper not entered, a wrong lot, a theft …"),
    )
