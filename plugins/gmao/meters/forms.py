"""The forms of meters."""

from core.contract.words import _
from core.data.calendar import today
from core.web.choices import ChoiceField
from core.web.dates import DateField
from core.web.fields import BooleanField, LongText, QuantityField
from core.web.forms import Form
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.meters.models import HOUR, KM, METERS
from plugins.gmao.meters.services import MOST, shown_of


class ReadingForm(Form):
    """What a meter shows."""

    folded = ("replaced", "note")
    value = QuantityField(
        _("Figure read"), required=True, maximum=MOST, help=_("Whole units, without the decimals of the meter.")
    )
    unit = ChoiceField(_("Meter"), METERS, required=True, tiles=True)
    read_on = DateField(_("Read on"), required=True, default=today)
    replaced = BooleanField(
        _("The meter was replaced"), help=_("This is the first figure of the new one; what ran before stays counted.")
    )
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})


def reading_form(row: Equipment) -> ReadingForm:
    """Return the form of a reading, with the meter that the piece has, else the usual one of its kind."""
    units = [unit for _id, unit in shown_of([row.id])]
    return ReadingForm(data={"unit": units[0] if units else KM if row.type.kind == "vehicle" else HOUR})
