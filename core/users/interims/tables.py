"""The list of interims."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.users.interims.models import Interim
from core.users.rights.periods import STATES, state
from core.web.tables import Column, Table


def _page_of(row: Interim) -> Any:
    return url_for("users.interim", id=row.id)


def _place(row: Interim) -> str:
    return row.facility.name if row.facility else ""


class InterimTable(Table):
    """Interims: who for whom, where, from when to when, and how it stands."""

    model = Interim
    columns = (
        Column("absent_name", _("Absent person"), Interim.absent_name, link=_page_of),
        Column("stand_in_name", _("Stand-in"), Interim.stand_in_name),
        Column("facility", _("Facility"), value=_place, sort=False),
        Column("first_day", _("From day"), Interim.first_day, kind="date"),
        Column("last_day", _("To day"), Interim.last_day, kind="date"),
        Column("state", _("State"), value=lambda row: STATES[state(row)].label, sort=False),
        Column("reason", _("Reason"), Interim.reason, default=False),
        Column("made_by", _("Made by"), Interim.made_by, default=False),
        Column("ended_at", _("Ended early on"), Interim.ended_at, kind="datetime", default=False),
        Column("ended_by", _("Ended by"), Interim.ended_by, default=False),
    )
    search = (Interim.absent_name, Interim.stand_in_name)
    default_sort = "-first_day"
    options = (selectinload(Interim.facility),)
    empty = (_("No interim"), _("Whoever is away lets somebody stand in; it begins and ends by itself."))
