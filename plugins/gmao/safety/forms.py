"""The forms of safety alerts."""

from core.contract.words import _
from core.data.calendar import today
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import LongText, TextField
from core.web.forms import Form
from plugins.gmao.safety.models import KINDS, ORDERS


class AlertForm(Form):
    """What a maker or an authority says, and what is to be done."""

    title = TextField(_("Title"), max_length=200, required=True, help=_("What it is about, in a few words."))
    kind = ChoiceField(_("Kind of alert"), KINDS, required=True)
    issuer = TextField(_("Issued by"), max_length=120, required=True, help=_("The maker or the authority."))
    reference = TextField(_("Issuer's reference"), max_length=80)
    issued_on = DateField(_("Date"), required=True, default=today)
    named_models = LongText(
        _("Models"), max_length=4000, render_kw={"rows": 2},
        help=_("One a line, maker and model as in the catalogue. Empty: all models of the type."),
    )  # fmt: skip
    type = EntityField(_("Type"), "gmao.type", help=_("Needed where no model is named."))
    serials = LongText(
        _("Serial numbers"), max_length=20_000, render_kw={"rows": 3},
        help=_("One a line, or between commas; a range with two dots: SN0100..SN0199. Empty: all of them."),
    )  # fmt: skip
    lots = LongText(_("Lots"), max_length=20_000, render_kw={"rows": 2}, help=_("Written as serial numbers are."))
    todo = LongText(_("What is to be done"), max_length=4000, required=True)
    work = ChoiceField(_("Work order for each piece"), ORDERS, blank=_("No work order"))
    deadline = DateField(_("To be done by"), required=True)


class NewAlertForm(AlertForm):
    """A new alert, with its papers."""

    files = FilesField(_("Documents"))
