"""The ways of goods."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.words import _
from core.data.access import Everyone
from core.data.db import Model


class Route(Model):
    """Goods may go from facilities of one kind to facilities of another."""

    __tablename__ = "elmis_route"
    __entity__ = "elmis.route"
    __scope__ = Everyone(write="elmis.catalogue.edit")
    __table_args__ = (UniqueConstraint("from_kind", "to_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    from_kind: Mapped[str] = mapped_column(String(20), info={"label": _("Goes from")})
    to_kind: Mapped[str] = mapped_column(String(20), info={"label": _("Goes to")})
