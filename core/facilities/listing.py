"""The columns of a list that say where a row belongs."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.contract.words import _
from core.facilities.models import Facility
from core.web.columns import Column


def place_columns(model: Any) -> list[Column]:
    """Return the columns of the facility that `facility_id` of a model names: its name, by which the list is sorted and
    narrowed, and its code, by which what went out comes in again."""

    def told(of: str) -> Any:
        place = aliased(Facility)
        return select(getattr(place, of)).where(place.id == model.facility_id).correlate(model).scalar_subquery()

    return [
        Column("facility", _("Facility"), told("name"), facet=True),
        Column("facility_code", _("Facility code"), told("code"), kind="code", default=False),
    ]
