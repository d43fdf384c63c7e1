"""The lists of leave: requests, kinds, rules, and the ledger."""

from typing import Any

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.hr.leave.models import (
    BEYOND,
    ENTRIES,
    PERIODS,
    ROUNDINGS,
    SEXES,
    UNITS,
    LeaveEntry,
    LeavePolicy,
    LeaveRequest,
    LeaveType,
)
from plugins.hr.leave.service import person_of
from plugins.hr.leave.states import APPROVED, LATE, SHOWN, SHOWN_STATE, shown
from plugins.hr.persons.models import Person


def kinds() -> dict[int, str]:
    """Return {id: label} of all kinds of leave."""
    return {row.id: row.label for row in db.session.scalars(select(LeaveType).order_by(LeaveType.position))}


_PERSON = Person.__table__.alias("whose")
FILE = select(_PERSON.c.number).where(_PERSON.c.id == LeaveRequest.person_id).correlate(LeaveRequest).scalar_subquery()


OPENLY = func.coalesce(LeaveRequest.type_id, 0)  # 0: of a confidential kind


def open_kinds() -> dict[int, Any]:
    """Return {id: label} of all kinds of leave, with what stands for those that are confidential."""
    return {0: _("Absent"), **kinds()}


class LeaveTable(Table):
    """The leave that this person may see; of confidential kinds that somebody is absent."""

    model = LeaveRequest
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("name", _("Name")),
        Column("type", _("Kind of leave"), OPENLY, value=lambda row: row.what, facet=open_kinds),
        Column("first_day", _("First day"), kind="date"),
        Column("last_day", _("Last day"), kind="date"),
        Column("days", _("Days of leave"), kind="number"),
        Column("state", _("State"), SHOWN_STATE, value=shown, kind="state", facet=SHOWN),
        *place_columns(LeaveRequest),
        Column("back_on", _("Back on"), kind="date", default=False),
        Column("stand_in", _("Interim"), default=False),
        Column("resumed_on", _("Resumed service on"), kind="date", default=False),
        Column("person", _("File no."), FILE, kind="code", default=False),
        Column("note", _("Remarks"), default=False),
        Column("asked_on", _("Asked on"), kind="date", default=False),
        Column("decided_by", _("Decided by"), default=False),
        Column("former", _("Former number"), kind="code", default=False),
        due_column(LeaveRequest, default=False),
    ]
    search = [LeaveRequest.number, LeaveRequest.name]
    default_sort = "-first_day"
    options = [selectinload(LeaveRequest.cause)]
    views = [
        ("all", _("All"), {}),
        ("away", _("Away today"), {"view": "away"}),
        ("to_advise", _("Opinion to give"), {"view": "to_advise"}),
        ("to_decide", _("To decide"), {"view": "to_decide"}),
        ("late", _("Not back yet"), {"f.state": LATE}),
        ("mine", _("Mine"), {"view": "mine"}),
        OVERDUE,
    ]
    empty = (_("No leave yet"), _("Each agent asks for his own; the head of the unit may ask for who has no account."))

    def query(self) -> Select[Any]:
        """Return the leave of a view."""
        view = request.args.get("view", "")
        query, day = select(LeaveRequest), today()
        if view == "away":
            return query.where(LeaveRequest.state == APPROVED, LeaveRequest.first_day <= day)
        if view == "mine":
            return query.where(LeaveRequest.person_id == (person_of(current().own_id) or 0))
        return in_view(query, LeaveRequest, view) if view else query


class TypeTable(Table):
    """All kinds of leave."""

    model = LeaveType
    columns = [
        Column("code", _("Code"), kind="code"),
        Column("label", _("Name"), LeaveType.label_fr, value=lambda row: row.label),
        Column("label_fr", _("French name"), default=False),
        Column("label_en", _("English name"), default=False),
        Column("confidential", _("Confidential"), kind="bool", facet=True),
        Column("sex", _("Only for"), choices=SEXES),
        Column("position", _("Place in lists"), kind="number", default=False),
    ]
    search = [LeaveType.code, LeaveType.label_fr, LeaveType.label_en]
    default_sort = "position"


class PolicyTable(Table):
    """All rules of leave, those that hold no more too."""

    model = LeavePolicy
    columns = [
        Column("type", _("Kind of leave"), LeaveType.label_fr, value=lambda row: row.type.label),
        Column("source", _("Founded on")),
        Column("valid_from", _("Valid from"), kind="date"),
        Column("valid_until", _("Valid until"), kind="date"),
        Column("unit", _("Counted in"), facet=UNITS),
        Column("annual", _("Days a year"), kind="number"),
        Column("most_each", _("Days of one leave at most"), kind="number"),
        Column("periods", _("Earned"), choices=PERIODS, default=False),
        Column("rounding", _("Rounding"), choices=ROUNDINGS, default=False),
        Column("carry_most", _("Days carried over at most"), kind="number", default=False),
        Column("carry_months", _("Months for which they hold"), kind="number", default=False),
        Column("after_months", _("Months of service before it"), kind="number", default=False),
        Column("beyond", _("Beyond the balance"), choices=BEYOND, default=False),
    ]
    search = [LeaveType.label_fr, LeavePolicy.source]
    default_sort = "type"

    def query(self) -> Select[Any]:
        """Return the rules with their kinds."""
        return select(LeavePolicy).join(LeaveType, LeaveType.id == LeavePolicy.type_id)


class EntryTable(Table):
    """The ledger beside the rules."""

    model = LeaveEntry
    columns = [
        Column("on", _("Day"), kind="date"),
        Column("name", _("Name")),
        Column("type", _("Kind of leave"), LeaveEntry.type_id, value=lambda row: row.type.label, facet=kinds),
        Column("kind", _("Entry"), facet=ENTRIES),
        Column("days", _("Days of leave"), kind="number"),
        Column("expires_on", _("Holds until"), kind="date"),
        Column("decision", _("Decision")),
        Column("recorded_by", _("Recorded by"), default=False),
        *place_columns(LeaveEntry),
    ]
    search = [LeaveEntry.name, LeaveEntry.decision]
    default_sort = "-on"
    empty = (_("No entry yet"), _("A balance at the start is entered from the page of a file."))
