"""The forms of recalls: each names the place that it is about, as its page does."""

from flask import g
from wtforms.widgets import HiddenInput

from core.contract.words import _
from core.web.forms import FacilityField, Form, LongText, ReasonForm


class FateForm(Form):
    """Why a lot is put on hold, recalled or released."""

    reason = LongText(_("Reason"), required=True, max_length=1000, help=_("It is kept with the lot."))


class PlaceForm(Form):
    """The place that answers a recall."""

    place = FacilityField(_("Facility"), required=True, widget=HiddenInput())


class ProposeForm(ReasonForm):
    """Why a lot should be recalled, and the place that says so."""

    place = FacilityField(_("Facility"), required=True, widget=HiddenInput(), default=lambda: g.place)


class DestroyForm(PlaceForm, ReasonForm):
    """That a place destroyed what it had set apart, and why."""
