"""Verdicts of electrical safety tests: each measured value against its limit, as IEC 62353:2014 has them.

Limits are data: they differ by class, applied part and edition of the standard. A value that lies within a limit, but
so near to it that the standard wants the earlier values looked at, passes with a remark. An instrument whose
calibration does not hold on the day can show that equipment fails, never that it passes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from core.data.exact import Number, exact

PASS, REMARK, FAIL, NOT_DONE = "pass", "pass_with_remark", "fail", "not_done"
SEVERITY = (PASS, REMARK, NOT_DONE, FAIL)  # what several values together are: the last of these among them
REASONS = ("", "above", "below", "near", "not_measured", "no_limit", "no_instrument", "calibration")

_SCALES = {"µ": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(1000), "M": Fraction(10**6)}
UNITS = {
    scale + base: (base, factor)
    for base in ("A", "Ω", "V", "W")
    for scale, factor in _SCALES.items()
}  # fmt: skip
SAME = str.maketrans({"μ": "µ", "Ω": "Ω"})  # Greek mu is the micro sign, the ohm sign Greek omega


class Limit(NamedTuple):
    """What a value must not exceed (`most`) or fall below (`least`), in `unit`; beyond `remark` it is near to it."""

    unit: str
    most: Decimal | None = None
    least: Decimal | None = None
    remark: Decimal | None = None


class Instrument(NamedTuple):
    """The test instrument: the first and the last day on which its calibration holds."""

    calibrated: date | None
    until: date | None

    def holds(self, day: date) -> bool:
        """Return whether its calibration is known to hold on a day."""
        return self.calibrated is not None and self.until is not None and self.calibrated <= day <= self.until


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of SEVERITY, and one of REASONS for what is no plain pass."""

    result: str
    reason: str = ""


def in_base(value: Number, unit: str) -> tuple[Fraction, str]:
    """Return a value in A, Ω, V or W, exact, with that unit; ValueError for a unit that is not in UNITS."""
    base, factor = UNITS.get(unit.strip().translate(SAME), ("", Fraction()))
    if not base:
        raise ValueError(f"no unit of electrical safety: {unit}")
    return exact(value) * factor, base


def verdict(value: Number | None, unit: str, limit: Limit | None, instrument: Instrument | None, day: date) -> Verdict:
    """Return what a value measured on a day is; ValueError for units that do not compare (mA against MΩ)."""
    if value is None:
        return Verdict(NOT_DONE, "not_measured")
    if limit is None or (limit.most is None and limit.least is None):
        return Verdict(NOT_DONE, "no_limit")
    number, bounds = _comparable(value, unit, limit)
    if bounds.most is not None and number > bounds.most:
        return Verdict(FAIL, "above")
    if bounds.least is not None and number < bounds.least:
        return Verdict(FAIL, "below")
    return shown_by(instrument, day) or (Verdict(REMARK, "near") if _near(number, bounds) else Verdict(PASS))


def shown_by(instrument: Instrument | None, day: date) -> Verdict | None:
    """Return why an instrument can show on a day that equipment fails and not that it passes, None where it can."""
    if instrument is None:
        return Verdict(NOT_DONE, "no_instrument")
    return None if instrument.holds(day) else Verdict(NOT_DONE, "calibration")


class _Bounds(NamedTuple):
    """The figures of a limit, in the unit of the value."""

    most: Fraction | None
    least: Fraction | None
    remark: Fraction | None


def _comparable(value: Number, unit: str, limit: Limit) -> tuple[Fraction, _Bounds]:
    """Return a value and the figures of its limit in one unit: as they are where both bear the same one ("l/min"), else
    in base units; ValueError for units that do not compare."""
    figures = limit.most, limit.least, limit.remark
    if unit.strip() == limit.unit and unit.strip() not in UNITS:
        return exact(value), _Bounds(*(None if one is None else exact(one) for one in figures))
    number, base = in_base(value, unit)
    if base != in_base(0, limit.unit)[1]:
        raise ValueError(f"{unit} does not compare with {limit.unit}")
    return number, _Bounds(*(None if one is None else in_base(one, limit.unit)[0] for one in figures))


def overall(verdicts: Iterable[Verdict]) -> str:
    """Return what a test of several values is: fail if one fails, not done if one is not, or there is none."""
    return max((one.result for one in verdicts), key=SEVERITY.index, default=NOT_DONE)


def _near(number: Fraction, bounds: _Bounds) -> bool:
    if bounds.remark is None:
        return False
    return number > bounds.remark if bounds.most is not None else number < bounds.remark
