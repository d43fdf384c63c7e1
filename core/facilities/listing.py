"""The columns of a list that say where a row belongs."""

from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.contract.words import _
from core.facilities.models import Facility
from core.web.columns import Column


def place_columns(model: Any) -> list[Column]:
    """Return the columns of the facility that `facility_id` of a model names: its name, by which the list is sorted and
    narrowed, and its code, by which what went out comes in again."""

    name, code = partial(told_of, "name"), partial(told_of, "code")
    key = model.facility_id
    return [
        Column("facility", _("Facility"), name(key), facet=True, key=key, of=name),
        Column("facility_code", _("Facility code"), code(key), kind="code", default=False),
    ]


def told_of(what: str, key: Any) -> Any:
    """Return a column of the facility that a column of another row names."""
    place = aliased(Facility)
    return select(getattr(place, what)).where(place.id == key).correlate_except(place).scalar_subquery()
