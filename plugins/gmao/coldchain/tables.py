"""The lists of temperatures and of breaches."""

from typing import Any

from flask import request
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from core.contract.words import _
from core.data.calendar import local
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.coldchain.models import KINDS, SOURCES, STOCKS, TO_JUDGE, Breach, Reading
from plugins.gmao.coldchain.states import MACHINE
from plugins.gmao.equipment.models import Equipment


class ReadingTable(Table):
    """The temperatures of the pieces that this person may see."""

    model = Reading
    columns = [
        Column("code", _("Tag"), Equipment.code, value=lambda row: row.equipment.code, kind="code"),
        Column("at", _("Moment"), kind="datetime"),
        Column("celsius", _("Temperature (°C)"), kind="number"),
        Column("source", _("Read by"), facet=SOURCES),
        Column(
            "on", _("Day"), Reading.at, value=lambda row: local(row.at).date(), kind="date", default=False, filed=True
        ),
        Column("clock", _("Hour"), Reading.at, value=lambda row: f"{local(row.at):%H:%M}", default=False, filed=True),
        Column("recorded_by", _("Recorded by"), default=False),
        Column("origin", _("File"), default=False),
    ]
    search = [Equipment.code, Equipment.serial]
    default_sort = "-at"
    options = [contains_eager(Reading.equipment)]
    empty = (_("No temperatures yet"), _("“Note the temperature” stands on the page of a refrigerator."))

    def query(self) -> Select[Any]:
        """Return the readings with their pieces."""
        return select(Reading).join(Equipment, Equipment.id == Reading.equipment_id)


class BreachTable(Table):
    """The breaches that this person may see."""

    model = Breach
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What it is about")),
        Column("kind", _("Breach"), facet=KINDS),
        Column("worst", _("Worst temperature (°C)"), kind="number"),
        Column("started_at", _("Outside from"), kind="datetime"),
        Column("ended_at", _("Outside until"), kind="datetime", default=False),
        Column("ended", _("Over"), kind="bool", default=False),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("stock", _("Lots"), facet=STOCKS),
        *place_columns(Breach),
        due_column(Breach, default=False),
    ]
    search = [Breach.number, Breach.what]
    default_sort = "-started_at"
    views = [
        ("all", _("All"), {}),
        ("open", _("Nobody has acted yet"), {"view": "open"}),
        ("acted", _("To be closed"), {"view": "acted"}),
        ("lots", _("Lots at risk"), {"f.stock": TO_JUDGE}),
        OVERDUE,
    ]
    empty = (_("No breach of the cold chain"), _("They are found where temperatures are recorded."))

    def query(self) -> Select[Any]:
        """Return the breaches; those of a view alone."""
        view = request.args.get("view", "")
        return in_view(select(Breach), Breach, view) if view else select(Breach)
