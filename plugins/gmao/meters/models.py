"""What the meters of a piece showed: one row a reading."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from core.contract.words import _
from core.data.access import Within
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment

HOUR, KM, CYCLE = "hour", "km", "cycle"
METERS = {HOUR: _("hours"), KM: _("km"), CYCLE: _("cycles")}
PER_DAY = {HOUR: 24, KM: 2400}  # what a meter can run in a day, where nature says so: 100 km/h day and night


class Reading(Model):
    """What a meter of a piece showed on a day. A meter is known by its unit; it begins with its first reading, and goes
    on with the next meter where one was `replaced`. A reading that was wrong is withdrawn by another row."""

    __tablename__ = "gmao_meter_reading"
    __entity__ = "gmao.meter_reading"
    __append_only__ = True
    __scope__ = Within("equipment")
    __table_args__ = (
        Index("ix_gmao_meter_reading_equipment", "equipment_id", "unit", "read_on"),
        CheckConstraint("value >= 0", name="value"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    equipment_id: Mapped[int] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    unit: Mapped[str] = mapped_column(String(10), info={"label": _("Meter")})
    value: Mapped[int] = mapped_column(Integer, info={"label": _("Figure read")})
    read_on: Mapped[date] = mapped_column(Date, info={"label": _("Read on")})
    replaced: Mapped[bool] = mapped_column(default=False, info={"label": _("The meter was replaced")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    withdraws_id: Mapped[int | None] = mapped_column(
        ForeignKey("gmao_meter_reading.id"), unique=True, info={"label": _("Withdraws"), "unshown": True}
    )
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    recorded_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recorded by")})

    equipment: Mapped[Equipment] = relationship()

    @property
    def facility(self) -> Facility:
        """Return where its piece is."""
        return self.equipment.facility


_later = aliased(Reading)
HOLDS = Reading.withdraws_id.is_(None) & Reading.id.not_in(
    select(_later.withdraws_id).where(_later.withdraws_id.is_not(None))
)  # what counts: neither withdrawn nor a withdrawal
