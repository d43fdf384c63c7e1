"""The wards of a facility: those that are kept as its units, and those that got goods of late."""

from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db, today
from core.data.search import folded
from core.data.work import ask
from core.facilities.models import OPEN, Facility, FacilityType
from plugins.elmis.ledger.models import Movement, Reason

LATELY = timedelta(days=365)  # a ward that got nothing for so long is typed again
ISSUE = "issue_ward"  # the reason of what a ward gets
NO_WARD = _("Choose the ward, or name another one.")


def wards(facility_id: int) -> list[str]:
    """Return the names of the wards, in the order of their letters."""
    query = select(Facility.name).where(Facility.parent_id == facility_id, Facility.status == OPEN)
    units = query.join(FacilityType, FacilityType.id == Facility.type_id).where(FacilityType.kind == "unit")
    used = (
        select(Movement.counterpart)
        .join(Reason, Reason.id == Movement.reason_id)
        .where(Movement.source_facility_id == facility_id, Reason.code == ISSUE, Movement.counterpart != "")
        .where(Movement.document_ref == "", Movement.occurred_on > today() - LATELY)
        .distinct()
    )
    names = {key_of(name): name for name in (*db.session.scalars(used), *db.session.scalars(units))}
    return sorted(names.values(), key=folded)


def known_wards(facility_id: int) -> dict[str, str]:
    """Return {folded name: name as it is written} of the wards of a facility."""
    return {folded(name): name for name in wards(facility_id)}


def ward_named(facility: Facility, typed: str) -> str:
    """Return the ward that was meant: one that is known as it is written there; a name that is new is asked about,
    with the one that resembles it."""
    known = known_wards(facility.id)
    if (words := doubt(facility.name, known, typed)) is not None:
        ask("ward", words, about=f"{facility.id}/{folded(typed.strip())}", field="counterpart")
    return as_known(known, typed)


def as_known(known: Mapping[str, str], typed: str) -> str:
    """Return a name as the ward is written that is known by it, else as it was typed; `known` has folded names."""
    return known.get(folded(typed.strip()), typed.strip())


def doubt(place: str, known: Mapping[str, str], typed: str) -> Any | None:
    """Return what to ask of a name that none of the known wards of a place bears, else None."""
    wanted, name = folded(typed.strip()), typed.strip()
    if not wanted or not known or wanted in known:
        return None
    near = get_close_matches(wanted, known, 1, 0.6)
    if not near:
        return _("%(place)s has no ward “%(name)s” yet. Is it a new one?", place=place, name=name)
    return _(
        "%(place)s has no ward “%(name)s” yet; it has “%(near)s”. Is it really another one?",
        place=place, name=name, near=known[near[0]],
    )  # fmt: skip
