"""The forms of recalls: each names the place that it is about, as its page does."""

from typing import Any

from flask import g
from wtforms.widgets import HiddenInput

from core.contract.words import _
from core.web.forms import FacilityField, Form, ReasonForm
from plugins.elmis.orders.forms import EmptyForm


class PlaceForm(Form):
    """The place that answers a recall."""

    place = FacilityField(_("Facility"), required=True, widget=HiddenInput())


class ProposeForm(ReasonForm):
    """Why a lot should be recalled, and the place that says so."""

    place = FacilityField(_("Facility"), required=True, widget=HiddenInput(), default=lambda: g.place)


class DestroyForm(PlaceForm, ReasonForm):
    """That a place destroyed what it had set apart, and why."""


class SendBackForm(PlaceForm, EmptyForm):
    """Where a place sends what it had set apart."""

    def values(self) -> dict[str, Any]:
        """Return the journey, and the place it starts from."""
        return {**super().values(), "place": self.place.data}
