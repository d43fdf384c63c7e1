"""The file of a logger comes in, all of it or nothing."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from core.contract.words import _, ngettext
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Gathering, Refused
from core.data.work import tell
from plugins.gmao.coldchain import loggers
from plugins.gmao.coldchain.limits import LONGEST
from plugins.gmao.coldchain.models import LOGGER, ColdUnit, degrees
from plugins.gmao.coldchain.services import Taken, clock, require, stored, take, unit_of, watching, wrong
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas import coldchain as formulas
from plugins.gmao.rights import REPORT

SHOWN = 10  # refusals of a file, and gaps in it, that are told at once


def bring(
    row: Equipment, *, data: bytes, name: str, dates: str | None = None, unit: str | None = None,
    since: int | None = None,
) -> Equipment:  # fmt: skip
    """Return a piece after the file of its logger came in, all of it or nothing; what is known already adds nothing.

    Raises Refused for the logger of another piece, for each line that cannot be, and where the clock was set back.
    """
    current().require(REPORT, row.facility)
    require(row)
    sheet = loggers.read(data, dates or "", unit or "", since)
    _check_serial(row, sheet)
    faults = [*sheet.faults, *_impossible(row, sheet)]
    readings = [] if faults else _in_order(sheet)
    _refuse(faults or _against(row, sheet))
    taken = take(row, readings, LOGGER, name)
    _say(taken)
    return row


def _check_serial(row: Equipment, sheet: loggers.Sheet) -> None:
    """Refuse the file of a logger that watches another piece; the first one of a piece is its own from then on."""
    unit = unit_of(row)
    if not sheet.serial:
        if unit is not None and unit.serial:
            words = _("The file names no logger; this piece is watched by %(serial)s.", serial=unit.serial)
            raise Refused(words, field="file")
        return
    if (other := watching(sheet.serial, row)) is not None:
        words = _("This is the file of logger %(serial)s, which watches %(tag)s.", serial=sheet.serial, tag=other.code)
        raise Refused(words, field="file")
    known = {key_of(each) for each in (row.serial, unit.serial if unit else "") if each}
    if unit is not None and unit.serial and key_of(sheet.serial) not in known:
        words = _(
            "This is the file of logger %(serial)s; this piece is watched by %(own)s. Change it there if the logger is "
            "another one now.", serial=sheet.serial, own=unit.serial,
        )  # fmt: skip
        raise Refused(words, field="file")
    if (unit is None or not unit.serial) and key_of(sheet.serial) != key_of(row.serial):
        unit = unit or ColdUnit(equipment=row)
        unit.serial, unit.logger = sheet.serial[:80], unit.logger or sheet.logger
        db.session.add(unit)
        tell(_("Logger %(serial)s watches this piece from now on.", serial=sheet.serial))


def _impossible(row: Equipment, sheet: loggers.Sheet) -> list[loggers.Fault]:
    found = zip(sheet.lines, sheet.readings, strict=True)
    return [loggers.Fault(line, "", why[1]) for line, one in found if (why := wrong(row, one.at, one.celsius))]


def _in_order(sheet: loggers.Sheet) -> list[formulas.Reading]:
    """Return the readings by time; Refused, with its line, where the clock was set back: which part is right cannot be
    known."""
    try:
        return formulas.in_order(sheet.readings)
    except formulas.ClockBack as told:
        line, at = sheet.lines[told.row], clock(sheet.readings[told.row].at)
        words = _(
            "Line %(line)s: the clock of the logger was set back here, to %(at)s. Say below from which line on it is "
            "right; what stands before is left out, and is shown as a gap.", line=line, at=at,
        ) if told.reason == "clock" else _("Line %(line)s: %(at)s stands there twice, with two temperatures.",
                                           line=line, at=at)  # fmt: skip
        raise Refused(words, field="since" if told.reason == "clock" else "file") from None


def _against(row: Equipment, sheet: loggers.Sheet) -> list[loggers.Fault]:
    """Return the lines that contradict what is recorded: another temperature at its moment, or a moment between two
    that stand close together, as a clock leaves it that was set meanwhile."""
    first, last = min(one.at for one in sheet.readings), max(one.at for one in sheet.readings)
    standing = dict(stored(row, first - LONGEST[LOGGER], last + LONGEST[LOGGER], LOGGER))
    close = [pair for pair in pairwise(sorted(standing)) if pair[1] - pair[0] <= LONGEST[LOGGER]]
    faults = []
    for line, one in zip(sheet.lines, sheet.readings, strict=True):
        if one.at in standing:
            if standing[one.at] != one.celsius:
                words = _("%(degrees)s °C is recorded at this moment.", degrees=degrees(standing[one.at]))
                faults.append(loggers.Fault(line, "", words))
        elif _between(close, one.at):
            words = _("%(at)s lies between two readings that are recorded: the clock was set since.", at=clock(one.at))
            faults.append(loggers.Fault(line, "", words))
    return faults


def _between(pairs: Sequence[tuple[datetime, datetime]], at: datetime) -> bool:
    """Return whether a moment lies within one of some times, which are in their order."""
    found = bisect_right(pairs, at, key=lambda pair: pair[0]) - 1
    return found >= 0 and at < pairs[found][1]


def _refuse(faults: Sequence[loggers.Fault]) -> None:
    """Raise what is wrong with a file, line by line; the rest is counted."""
    gathered = Gathering()
    for words in loggers.told(faults[:SHOWN]):
        gathered.found.append(Refused(words, field="file"))
    if (rest := len(faults) - SHOWN) > 0:
        words = ngettext("and %(num)d line more", "and %(num)d lines more", rest)
        gathered.found.append(Refused(words, field="file"))
    gathered.settle()


def _say(taken: Taken) -> None:
    words = ngettext("%(num)d new reading", "%(num)d new readings", taken.new)
    tell(words)
    if taken.known:
        tell(ngettext("%(num)d was known already.", "%(num)d were known already.", taken.known))
    for gap in taken.gaps[:SHOWN]:
        tell(_("Nothing is known from %(start)s to %(end)s.", start=clock(gap.start), end=clock(gap.end)))
