"""Changing what was set, and reading it for its pages: what holds at a place, where it comes from, who set it when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from core.contract.plugins import label_of, settings
from core.contract.ports import Words
from core.contract.settings import Setting
from core.contract.words import _, locale
from core.data.access import current, lacking
from core.data.db import db, utcnow
from core.data.errors import Missing, NotAllowed, Overtaken, Refused
from core.data.figures import spoken
from core.data.settings import Holds, SettingValue, holds, stored
from core.facilities.models import Facility


@dataclass(frozen=True)
class Shown:
    """A setting as its page shows it: what holds at the place, how many other places have a value of their own, and
    whether this person may change it here."""

    setting: Setting[Any]
    holds: Holds[Any]
    elsewhere: int
    may_change: bool


def get(name: str) -> Setting[Any]:
    """Return a setting by name, or raise Missing."""
    found = settings().get(name)
    if found is None:
        raise Missing(_("This setting does not exist."))
    return found


def tops() -> Sequence[Facility]:
    """Return the facilities that lie in no other: mostly the country alone."""
    return db.session.scalars(select(Facility).where(Facility.parent_id.is_(None))).all()


def may_change(setting: Setting[Any], place: Facility | None, roots: Sequence[Facility]) -> bool:
    """Return whether this person may set it for a facility, or for the whole country."""
    if place is not None and not setting.local:
        return False
    places = roots if place is None else [place]
    return current().everything or (bool(places) and all(current().can(setting.permission, each) for each in places))


def for_all(place: Facility | None) -> Facility | None:
    """Return the place that something is set for: None, the country, also where its only root was named."""
    return None if place is not None and place.parent_id is None and len(tops()) == 1 else place


def listed(place: Facility | None = None) -> list[tuple[Words, list[tuple[Words, list[Shown]]]]]:
    """Return the settings of each plugin under their headings, as they hold at a place: of a facility those that may
    differ there."""
    found: dict[str, dict[str, list[Shown]]] = {}
    roots = tops()
    for name, setting in settings().items():
        if place is None or setting.local:
            sections = found.setdefault(name.partition(".")[0], {})
            sections.setdefault(str(setting.section), []).append(_shown(setting, place, roots))
    return [(label_of(plugin), list(sections.items())) for plugin, sections in found.items()]


def shown(setting: Setting[Any], place: Facility | None) -> Shown:
    """Return a setting as it holds at a place."""
    return _shown(setting, place, tops())


def _shown(setting: Setting[Any], place: Facility | None, roots: Sequence[Facility]) -> Shown:
    own = stored().get(setting.name, {}).keys() - {None, None if place is None else place.id}
    return Shown(setting, holds(setting, place), len(own), may_change(setting, place, roots))


def own_values(setting: Setting[Any]) -> Sequence[tuple[SettingValue, Facility]]:
    """Return (value, facility) of all that have one of their own, from the top of the tree down."""
    query = select(SettingValue, Facility).join(Facility, Facility.id == SettingValue.facility_id)
    query = query.where(SettingValue.code == setting.name, SettingValue.value.is_not(None))
    return [
        (row, place) for row, place in db.session.execute(query.order_by(func.length(Facility.path), Facility.name))
    ]


def put(
    setting: Setting[Any], place: Facility | None, value: Any, reason: str = "", seen: str | None = None
) -> SettingValue:
    """Return the value, set from now on for the country or a facility and all below it; None takes it back.

    Refused without a reason where one is asked, for what does not fit, and for a place that has none of its own;
    Overtaken when it is no longer as it was `seen` (as stored, "" for none).
    """
    place = for_all(place)
    if place is not None and not setting.local:
        raise Refused(_("This setting holds for the whole country."), "place")
    if not may_change(setting, place, tops()):
        raise NotAllowed(lacking(current(), setting.permission, place))
    if value is not None and not setting.fits(value):
        known = isinstance(value, setting.type) and setting.fault(value)
        raise Refused(known or _("This value is not possible here."), "value")
    if setting.reason and not reason.strip():
        raise Refused(_("Say why this changes: it is kept in the journal."), "reason")
    text = None if value is None else setting.write(value)
    row = _row(setting, None if place is None else place.id)
    _refuse_overtaken(row, setting, seen)
    if row.value != text:
        row.value, row.changed_by, row.changed_at = text, current().signed, utcnow()
    db.session.add(row)
    db.session.flush()
    return row


def take_back(row: SettingValue, reason: str = "") -> SettingValue:
    """Return the value, which holds no longer: what holds above it, or the default, does again."""
    place = None if row.facility_id is None else db.session.get_one(Facility, row.facility_id)
    return put(get(row.code), place, None, reason)


def _row(setting: Setting[Any], facility_id: int | None) -> SettingValue:
    query = select(SettingValue).where(SettingValue.code == setting.name, SettingValue.facility_id == facility_id)
    row = db.session.scalars(query.with_for_update()).first()
    return row or SettingValue(code=setting.name, facility_id=facility_id)


def _refuse_overtaken(row: SettingValue, setting: Setting[Any], seen: str | None) -> None:
    if seen is not None and seen != (row.value or ""):
        now = _("the value of the level above") if row.value is None else in_words(setting, setting.read(row.value))
        words = _("%(who)s has set this meanwhile: %(value)s. Send again to replace it.", who=row.changed_by, value=now)
        raise Overtaken(words, value=row.value or "")


def in_words(setting: Setting[Any], value: Any) -> Words:
    """Return a value as people read it, with its unit."""
    if setting.choices:
        return setting.choices[value]
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, str):
        return value
    return f"{spoken(value, None, locale() or 'fr')}\N{NO-BREAK SPACE}{setting.unit}".strip("\N{NO-BREAK SPACE}")
