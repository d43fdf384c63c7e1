"""The form of a transfer request."""

from wtforms.widgets import HiddenInput

from core.contract.words import _
from core.web.forms import EntityField, FacilityField, Form, LongText, QuantityField


class AskForm(Form):
    """From whom, of which lot, how much is asked for, and why."""

    supplier = FacilityField(_("From"), required=True, widget=HiddenInput())
    lot = EntityField(_("Lot"), "elmis.lot", required=True, widget=HiddenInput())
    quantity = QuantityField(_("Quantity"), required=True, minimum=1)
    reason = LongText(
        _("Reason"), required=True, max_length=500, help=_("The holder reads it and accepts, or refuses with a reason.")
    )
