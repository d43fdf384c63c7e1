"""What is proposed about a lot."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import IMPORT, MOVE, Handled, Lot


class LotProposal(Model):
    """Somebody reads another expiry on a package than the catalogue has: who keeps the catalogue decides."""

    country = None  # it belongs to no place: the right to decide on it is a national one

    __tablename__ = "elmis_lot_proposal"
    __entity__ = "elmis.lot_proposal"
    __scope__ = Handled(write=(MOVE, IMPORT, "elmis.catalogue.edit"))

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True, info={"label": _("Lot")})
    apart_id: Mapped[int | None] = mapped_column(ForeignKey(Lot.id), info={"label": _("Kept apart as")})
    expiry: Mapped[date] = mapped_column(Date, info={"label": _("Expiry on the package")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Proposed by")})
    comment: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Comment")})
    state: Mapped[str] = mapped_column(String(20), default="open", index=True, info={"label": _("State")})
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Proposed at")})
    proposed_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Person")})

    lot: Mapped[Lot] = relationship(foreign_keys=[lot_id])
    apart: Mapped[Lot | None] = relationship(foreign_keys=[apart_id])
    facility: Mapped[Facility] = relationship()
