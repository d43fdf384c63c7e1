"""The form by which a year of document numbers is closed."""

from typing import Any

from flask import request

from core.contract.plugins import number_series
from core.contract.words import _
from core.data.db import today
from core.facilities.models import Facility
from core.numbers import services
from core.web.forms import ChoiceField, FacilityField, Form, LongText


def _years() -> dict[str, str]:
    """Return the ten years that have ended last."""
    return {str(year): str(year) for year in range(today().year - 1, today().year - 11, -1)}


class YearForm(Form):
    """A year of a series."""

    series = ChoiceField(
        _("Numbers"), lambda: {name: each.label for name, each in number_series().items() if each.closes}, required=True
    )
    year = ChoiceField(_("Year"), _years, required=True, help=_("A year that has ended."))
    place = FacilityField(_("Place"), help=_("Empty: the whole country. A place stands for all that lies below it."))
    reason = LongText(_("Reason"), required=True, max_length=500, help=_("Kept in the journal."), render_kw={"rows": 2})

    def values(self) -> dict[str, Any]:
        """Return the series, the year, its place, and why."""
        said = {"year": int(self.year.data), "place": self.place.data, "reason": self.reason.data}
        return {"series": services.get(self.series.data), **said}


def year_form(place: Facility | None) -> YearForm:
    """Return the form, for the series that the address names and a place."""
    return YearForm(series=request.args.get("series", ""), place=place)
