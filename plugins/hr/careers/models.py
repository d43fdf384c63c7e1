"""What happened to an agent, each event on the day from which it counts; what is so today follows from them.

Events are never changed: one that was wrong is taken back by another (`cancels`), and both stay.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, String, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Access, Within
from core.data.db import Model, UTCDateTime, utcnow
from plugins.hr.persons.models import Person
from plugins.hr.persons.scopes import Part
from plugins.hr.reference.models import Cadre, Grade, Position, Step
from plugins.hr.rights import SANCTIONS

RECRUITED, CONFIRMED, STEP, GRADE, POSITION, SANCTION, EXIT, CANCELLED = (
    "recruitment", "confirmation", "step", "grade", "position", "sanction", "exit", "cancel",
)  # fmt: skip
KINDS = {
    RECRUITED: _("Recruitment"),
    CONFIRMED: _("Confirmation in office"),
    STEP: _("Advance of a step"),
    GRADE: _("Change of grade"),
    POSITION: _("Change of position"),
    SANCTION: _("Sanction"),
    EXIT: _("Exit"),
    CANCELLED: _("Event taken back"),
}
EXITS = {
    "retirement": _("Retirement"),
    "resignation": _("Resignation"),
    "dismissal": _("Dismissal"),
    "death": _("Death"),
    "end": _("End of the contract"),
    "other": _("Other"),
}


@dataclass(frozen=True)
class Told(Part):
    """Events of a file, read with it; sanctions alone are a part that fewer read."""

    def narrow(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: no sanction, or one that this person may read."""
        sanctions = super().narrow(model, access)
        return None if sanctions is None else or_(model.kind != SANCTION, sanctions)

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the file may be written; a sanction by who reads sanctions."""
        ordinary = obj.kind != SANCTION
        return Within.may_write(self, obj, access) if ordinary else super().may_write(obj, access)


class CareerEvent(Model):
    """An event of a career: what, from which day, by which decision; what it changes stands in its columns."""

    __tablename__ = "hr_career_event"
    __entity__ = "hr.career_event"
    __append_only__ = True
    __scope__ = Told("person", right=SANCTIONS)
    __table_args__ = (Index("ix_hr_career_event_person_effective", "person_id", "effective_on", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), info={"label": _("Person")})
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("Event")})
    effective_on: Mapped[date] = mapped_column(Date, info={"label": _("Takes effect on")})
    cadre_id: Mapped[int | None] = mapped_column(ForeignKey(Cadre.id), info={"label": _("Cadre")})
    grade_id: Mapped[int | None] = mapped_column(ForeignKey(Grade.id), info={"label": _("Grade")})
    step_id: Mapped[int | None] = mapped_column(ForeignKey(Step.id), info={"label": _("Step")})
    position_id: Mapped[int | None] = mapped_column(ForeignKey(Position.id), info={"label": _("Standing")})
    because: Mapped[str | None] = mapped_column(String(20), info={"label": _("Reason")})
    decision: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Decision")})
    decided_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Decided on")})
    note: Mapped[str] = mapped_column(String(1000), default="", info={"label": _("Remarks")})
    cancels_id: Mapped[int | None] = mapped_column(
        ForeignKey("hr_career_event.id"), unique=True, info={"label": _("Takes back")}
    )
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    recorded_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recorded by")})

    person: Mapped[Person] = relationship()
    cadre: Mapped[Cadre | None] = relationship()
    grade: Mapped[Grade | None] = relationship()
    step: Mapped[Step | None] = relationship()
    position: Mapped[Position | None] = relationship()
    cancels: Mapped["CareerEvent | None"] = relationship(remote_side=[id])
