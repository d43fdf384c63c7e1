"""What was set: one small table, read with one statement a transaction, and not at all where nothing is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple

from sqlalchemy import ForeignKey, Index, String, event, select, text
from sqlalchemy.orm import Mapped, SessionTransaction, mapped_column
from sqlalchemy.orm import Session as AnySession

from core.contract.plugins import settings
from core.contract.ports import Words
from core.contract.settings import LONGEST, Setting, T
from core.contract.words import _
from core.data.access import NOBODY, Access, At, Scope
from core.data.db import Model, Session, UTCDateTime, db, utcnow

COUNTRY = text("facility_id IS NULL")
HELD = "settings"  # in the session: what this transaction has read


@dataclass(frozen=True)
class BySetting(Scope):
    """Values of settings: everyone signed in reads them, whoever holds the setting's right there changes them."""

    write = NOBODY  # by itself: the setting says

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the right of the setting is held at the place, or for the whole country."""
        setting = settings().get(obj.code)
        if setting is None:
            return False
        if obj.facility_id is None:
            return access.can_everywhere(setting.permission)
        return At(read=setting.permission, write=setting.permission).may_write(obj, access)

    def facility_id(self, obj: Any) -> int | None:
        """Return the place that it is set for."""
        found: int | None = obj.facility_id
        return found


class SettingValue(Model):
    """What somebody has set, for the country or a facility; None is what holds above it again."""

    __tablename__ = "core_setting"
    __entity__ = "core.setting"
    __scope__ = BySetting()
    __table_args__ = (
        Index("uq_core_setting_code", "code", unique=True, sqlite_where=COUNTRY, postgresql_where=COUNTRY),
        Index("uq_core_setting_code_facility_id", "code", "facility_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(80), info={"label": _("Setting")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("core_facility.id"), index=True)
    value: Mapped[str | None] = mapped_column(String(LONGEST), info={"label": _("Value")})
    changed_by: Mapped[str] = mapped_column(String(200), info={"label": _("Changed by"), "unshown": True})
    changed_at: Mapped[datetime] = mapped_column(
        UTCDateTime, default=utcnow, info={"label": _("Changed on"), "unshown": True}
    )

    @property
    def name(self) -> Words:
        """Return what the setting is called."""
        setting = settings().get(self.code)
        return self.code if setting is None else setting.label


SET = select(
    SettingValue.code, SettingValue.id, SettingValue.facility_id, SettingValue.value, SettingValue.changed_by,
    SettingValue.changed_at,
).where(SettingValue.value.is_not(None))  # fmt: skip


class Stored(NamedTuple):
    """A value as it was set: for a facility, or None, the country; by whom and when."""

    id: int
    at: int | None
    text: str
    by: str
    on: datetime


@dataclass(frozen=True)
class Holds(Generic[T]):
    """What holds at a place, and what was set for it there or above; None where the default holds."""

    value: T
    stored: Stored | None = None


def value_of(setting: Setting[T], place: Any = None) -> T:
    """Return what holds at a facility: its own value, else that of the nearest above it, else the country's, else the
    default. Without a place, or of a setting of the country alone, the country's."""
    return holds(setting, place).value


def holds(setting: Setting[T], place: Any = None) -> Holds[T]:
    """Return what holds at a facility, and where it comes from."""
    found = stored().get(setting.name, {})
    above: list[int] = _above(place) if place is not None and setting.local else []
    for at in (*above, None):
        if at in found:
            return Holds(setting.read(found[at].text), found[at])
    return Holds(setting.default)


def _above(place: Any) -> list[int]:
    """Return the ids of a facility and of those above it, the nearest first."""
    return [int(part) for part in reversed(place.path.strip("/").split("/"))]


def stored() -> Mapping[str, Mapping[int | None, Stored]]:
    """Return all that was set, by name and place."""
    held: dict[str, dict[int | None, Stored]] | None = db.session().info.get(HELD)
    if held is None:
        held = {}
        for code, id_, at, value, by, on in db.session.execute(SET):
            held.setdefault(code, {})[at] = Stored(id_, at, value or "", by, on)
        db.session().info[HELD] = held
    return held


@event.listens_for(Session, "after_transaction_end")
def _forget(session: AnySession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(HELD, None)


@event.listens_for(Session, "after_flush")
def _forget_changed(session: AnySession, context: Any) -> None:
    if any(isinstance(row, SettingValue) for row in (*session.new, *session.dirty)):
        session.info.pop(HELD, None)
