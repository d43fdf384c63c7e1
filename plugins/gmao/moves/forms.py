"""The forms of moves."""

from core.contract.words import _
from core.data.calendar import today
from core.web.choices import ChoiceField, FacilityField
from core.web.dates import DateField
from core.web.fields import LongText, TextField
from core.web.forms import Form
from plugins.gmao.equipment.forms import CONDITIONS, TELLS_WHY
from plugins.gmao.equipment.models import REASONS
from plugins.gmao.moves.models import PURPOSES


class SendForm(Form):
    """Where a piece goes, and why."""

    facility = FacilityField(_("To"), required=True)
    purpose = ChoiceField(_("Why it is sent"), PURPOSES, required=True)
    sent_on = DateField(_("Sent on"), required=True, default=today)
    carrier = TextField(_("Carried by"), max_length=120, help=_("Person or vehicle."))
    note = LongText(_("Remarks"), max_length=1000, help=_("Accessories that go along, for example."))


class ArriveForm(Form):
    """How a piece has arrived."""

    arrived_on = DateField(_("Arrived on"), required=True, default=today)
    room = TextField(_("Room or service"), max_length=80)
    status = ChoiceField(_("Working order"), CONDITIONS, blank=_("Not tried yet"), render_kw=TELLS_WHY)
    because = ChoiceField(_("Because"), REASONS, help=_("Needed where it does not work as it should."))
