"""The forms of lots."""

from typing import Any

from flask import g
from wtforms.widgets import HiddenInput

from core.contract.words import _
from core.web.forms import ChoiceField, DateField, ExpiryField, FacilityField, Form, LongText, TextField
from plugins.elmis.catalogue.models import Lot


class LotForm(Form):
    """The facts of a lot."""

    number = TextField(_("Lot number"), required=True, max_length=60)
    expiry = ExpiryField(_("Expiry"), help=_("The last day on which it may be used."))
    made_on = DateField(_("Made on"))
    vvm = ChoiceField(_("VVM stage"), {stage: str(stage) for stage in (1, 2, 3, 4)})
    donor = TextField(_("Donor"), max_length=120)

    def values(self) -> dict[str, Any]:
        """Return the columns of the lot."""
        return {"facts": super().values()}


LOT_FACTS = ("number", "expiry", "made_on", "vvm", "donor")


def stored_lot(lot: Lot) -> dict[str, Any]:
    """Return a lot as its form shows it."""
    return {name: getattr(lot, name) for name in LOT_FACTS}


class ProposalForm(Form):
    """Another expiry than the catalogue has."""

    place = FacilityField(_("Facility"), required=True, widget=HiddenInput(), default=lambda: g.place)
    expiry = ExpiryField(_("Expiry on the package"), required=True)
    comment = TextField(_("Comment"), max_length=300, help=_("What you see: carton, box, blister …"))


class DecideForm(Form):
    """Which expiry is right."""

    outcome = ChoiceField(
        _("Decision"),
        {
            "accepted": _("The package is right: correct the lot everywhere"),
            "refused": _("The catalogue is right: the package was misread"),
            "both": _("Both are right: two lots of one number"),
        },
        required=True, tiles=True,
    )  # fmt: skip
    reason = LongText(_("Reason"), required=True, max_length=1000, help=_("It is kept with the lot."))
