"""Where to look: pages that show what holds for the country, or at a place that is asked for."""

from typing import Any

from flask import g, request
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.facilities.models import Facility
from core.web.fields import row_id
from core.web.forms import FacilityField, Form
from core.web.pages import get_or_404


class WhereForm(Form):
    """The place to look at; none is the whole country."""

    place = FacilityField(_("Place"))


def asked() -> Any:
    """Return the form of the place that the address names: `of` its number, as links do, or `place` as it is typed."""
    if place := linked():
        return WhereForm(formdata=None, place=place)
    form: Any = WhereForm(request.args, meta={"csrf": False})
    form.validate()
    return form


def linked() -> Facility | None:
    """Return the place that a link names by its number, `of`."""
    wanted = request.args.get("of", type=row_id)
    return get_or_404(Facility, wanted) if wanted else None


def place_here(right: str) -> Facility:
    """Return the place that the address names as `facility`, else where this person works and holds a right, else the
    first place where he does (the head of a ward has it there alone); NotAllowed without it."""
    wanted = request.args.get("facility", type=row_id)
    place: Facility = get_or_404(Facility, wanted) if wanted else _held_at(right)
    current().require(right, place)
    return place


def _held_at(right: str) -> Facility:
    if current().can(right, g.place):
        return g.place
    held = select(Facility).where(Facility.path.in_(current().paths(right))).order_by(Facility.path).limit(1)
    return db.session.scalar(held) or g.place
