"""The tables of the trail: its lines, the signed ends of its streams, the signed list of all streams."""

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.data.access import Internal
from core.data.db import Model


class AuditEntry(Model):
    """One change: who, when, where, what, old and new, why. The body is what was signed."""

    __tablename__ = "core_audit"
    __scope__ = Internal()
    __append_only__ = True

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[str] = mapped_column(String(32), index=True)
    user_id: Mapped[int | None] = mapped_column(Integer, index=True)
    facility_id: Mapped[int | None] = mapped_column(Integer, index=True)
    entity: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[str] = mapped_column(String(60), index=True)
    action: Mapped[str] = mapped_column(String(60))
    behalf: Mapped[str] = mapped_column(String(80), default="", server_default="")  # for whom: "/12/", "" of oneself
    body: Mapped[str] = mapped_column(Text)
    prev: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))


class AuditHead(Model):
    """The signed end of a stream: a cut tail no longer fits it."""

    __tablename__ = "core_audit_head"
    __scope__ = Internal()

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    mac: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(64))


class AuditRoll(Model):
    """The one signed list of all streams with the heights they had: a missing or shortened one no longer fits."""

    __tablename__ = "core_audit_roll"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)  # {stream: height} as JSON
    signature: Mapped[str] = mapped_column(String(64))
