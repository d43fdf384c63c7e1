"""Keeping test instruments and their calibrations."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.data.naming import DOT
from core.data.rows import store
from core.data.states import record
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.formulas import safety
from plugins.gmao.rights import WORK
from plugins.gmao.testing.models import Calibration, Instrument
from plugins.gmao.testing.states import CALIBRATIONS, IN_USE, INSTRUMENTS, VALID

SOON = timedelta(days=30)
LONGEST = timedelta(days=3653)  # ten years: beyond it a year was typed wrong


def add(facility: Facility, **facts: Any) -> Instrument:
    """Return the new instrument of a facility; Refused for a mark that another one there bears."""
    current().require(WORK, facility)
    row = _stored(Instrument(facility=facility, state=IN_USE), facts)
    record(row, "create", "", IN_USE)
    return row


def change(row: Instrument, **facts: Any) -> Instrument:
    """Return an instrument with these facts."""
    current().require(WORK, row.facility)
    return _stored(row, facts)


def _stored(row: Instrument, facts: dict[str, Any]) -> Instrument:
    with db.session.no_autoflush:
        code, place = facts.get("code", row.code), row.facility.id
        here = select(Instrument.id).where(Instrument.facility_id == place, Instrument.code_key == key_of(code))
        if db.session.scalar(here.where(Instrument.id != (row.id or 0)).limit(1)) is not None:
            raise Refused(_("“%(value)s” is here already.", value=code), field="code")
    return store(row, **facts)


def calibrate(
    row: Instrument, *, done_on: date, valid_until: date, laboratory: str = "", certificate: str = "", note: str = "",
    files: Collection[Content] = (),
) -> Calibration:  # fmt: skip
    """Return a calibration of an instrument, with its certificate; Refused for days that cannot be."""
    current().require(WORK, row.facility)
    INSTRUMENTS.refuse_unless(row, IN_USE)
    if done_on > today():
        raise Refused(_("This day has not come yet."), field="done_on")
    if valid_until < done_on:
        raise Refused(_("It cannot end before the day of the calibration."), field="valid_until")
    if valid_until - done_on > LONGEST:
        raise Refused(_("No calibration holds for more than ten years. Look at the year again."), field="valid_until")
    made = Calibration(
        instrument=row, done_on=done_on, valid_until=valid_until, laboratory=laboratory.strip(), state=VALID,
        certificate=certificate.strip(), note=note.strip(), recorded_by=current().signed,
    )  # fmt: skip
    db.session.add(made)
    record(made, "create", "", VALID)
    _follow(row)
    attach(made, files)
    return made


def withdraw(row: Calibration, *, reason: str) -> None:
    """Withdraw a calibration that was recorded wrongly: the one before counts again. Tests stay as they were made."""
    CALIBRATIONS.advance(row, "withdraw", reason)
    _follow(row.instrument)


def _follow(row: Instrument) -> None:
    """Let an instrument say what its latest calibration says."""
    db.session.flush()
    query = select(Calibration).where(Calibration.instrument_id == row.id, Calibration.state == VALID)
    latest = db.session.scalars(query.order_by(Calibration.done_on.desc(), Calibration.id.desc()).limit(1)).first()
    row.calibrated_on, row.valid_until = (latest.done_on, latest.valid_until) if latest else (None, None)
    db.session.flush()


def calibrations_of(row: Instrument) -> list[Calibration]:
    """Return all calibrations of an instrument, the latest first."""
    query = select(Calibration).where(Calibration.instrument_id == row.id)
    return list(db.session.scalars(query.order_by(Calibration.done_on.desc(), Calibration.id.desc())))


def on(row: Instrument, day: date) -> tuple[safety.Instrument, str]:
    """Return an instrument as it was on a day, for the formulas and in words: mark, name and certificate."""
    query = select(Calibration).where(Calibration.instrument_id == row.id, Calibration.state == VALID)
    query = query.where(Calibration.done_on <= day).order_by(Calibration.done_on.desc(), Calibration.id.desc())
    found = db.session.scalars(query.limit(1)).first()
    words = DOT.join(filter(None, (row.code, row.name, found.certificate if found else "")))[:200]
    return safety.Instrument(found.done_on if found else None, found.valid_until if found else None), words


def lapsing(access: Any) -> list[Instrument]:
    """Return the instruments in use whose calibration is over, ends within 30 days or never was, at the places where
    this person works on equipment."""
    ends = or_(Instrument.valid_until.is_(None), Instrument.valid_until <= today() + SOON)
    query = select(Instrument).where(Instrument.state == IN_USE, ends)
    if "/" not in access.paths(WORK):
        query = query.where(Instrument.facility_id.in_(access.facility_ids(WORK)))
    return list(db.session.scalars(query.order_by(Instrument.valid_until, Instrument.id).limit(10)))
