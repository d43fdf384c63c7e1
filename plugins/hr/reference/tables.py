"""The lists of cadres, grades, steps and positions."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.web.tables import Column, Table
from plugins.hr.reference.models import GROUPS, Cadre, Grade, Position, Step

HELD = [
    Column("valid_from", _("Valid from"), kind="date"),
    Column("valid_until", _("Valid until"), kind="date"),
    Column("source", _("Founded on"), default=False),
]


def _named(model: Any) -> list[Column]:
    return [
        Column("code", _("Code"), kind="code"),
        Column("label", _("Name"), model.label_fr, value=lambda row: row.label),
        Column("label_fr", _("French name"), default=False),
        Column("label_en", _("English name"), default=False),
    ]


class CadreTable(Table):
    """All cadres."""

    model = Cadre
    columns = [
        *_named(Cadre),
        Column("family", _("Family"), facet=GROUPS),
        Column("isco", _("Occupation (code)"), kind="code"),
        Column("isco_scheme", _("Classification"), default=False),
        *HELD,
    ]
    search = [Cadre.code, Cadre.label_fr, Cadre.label_en]
    default_sort = "label"


class GradeTable(Table):
    """All grades."""

    model = Grade
    columns = [*_named(Grade), Column("rank", _("Rank"), kind="number"), *HELD]
    search = [Grade.code, Grade.label_fr, Grade.label_en]
    default_sort = "rank"


class StepTable(Table):
    """All steps of grades."""

    model = Step
    columns = [
        Column("grade", _("Grade"), Grade.rank, value=lambda row: row.grade.label),
        Column("number", _("Step"), kind="number"),
        Column("pay_index", _("Index"), kind="number"),
        *HELD,
    ]
    search = [Grade.code, Grade.label_fr]
    default_sort = "grade"
    options = [selectinload(Step.grade)]

    def query(self) -> Select[Any]:
        """Return the steps with their grades."""
        return select(Step).join(Grade, Grade.id == Step.grade_id)


class PositionTable(Table):
    """All administrative positions."""

    model = Position
    columns = [
        *_named(Position),
        Column("active", _("At work"), kind="bool", facet=True),
        Column("counts", _("Counts for seniority"), kind="bool", facet=True),
        *HELD,
    ]
    search = [Position.code, Position.label_fr, Position.label_en]
    default_sort = "label"
