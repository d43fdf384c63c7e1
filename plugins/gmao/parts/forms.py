"""The forms of parts."""

from core.contract.words import _
from core.web.fields import BooleanField, QuantityField, TextField
from core.web.forms import Form
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.services import MOST


class BringForm(Form):
    """A part that was brought along."""

    label = TextField(_("Part"), required=True, max_length=200, help=_("What it is, and its reference."))
    quantity = QuantityField(_("Quantity"), required=True, minimum=1, maximum=MOST, default=1)


class AskForm(BringForm):
    """A part that the store is to give."""

    code = TextField(_("Code in the store"), max_length=40, help=_("Empty where you do not know it."))
    hold = BooleanField(_("The work waits for it"), default=True)


class IssueForm(Form):
    """What the store gives."""

    code = TextField(_("Code in the store"), max_length=40)
    quantity = QuantityField(_("Quantity"), required=True, minimum=1, maximum=MOST)


def issue_form(part: Part) -> IssueForm:
    """Return the form of what the store gives, as it was asked."""
    return IssueForm(data={"code": part.code, "quantity": part.quantity})
