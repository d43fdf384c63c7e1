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
    number, base = in_base(value, unit)
    if base != in_base(0, limit.unit)[1]:
        raise ValueError(f"{unit} does not compare with {limit.unit}")
    if limit.most is not None and number > in_base(limit.most, limit.unit)[0]:
        return Verdict(FAIL, "above")
    if limit.least is not None and number < in_base(limit.least, limit.unit)[0]:
        return Verdict(FAIL, "below")
    if instrument is None:
        return Verdict(NOT_DONE, "no_instrument")
    if not instrument.holds(day):
        return Verdict(NOT_DONE, "calibration")
    return Verdict(REMARK, "near") if _near(number, limit) else Verdict(PASS)


def overall(verdicts: Iterable[Verdict]) -> str:
    """Return what a test of several values is: fail if one fails, not done if one is not, or there is none."""
    return max((one.result for one in verdicts), key=SEVERITY.index, default=NOT_DONE)


def _near(number: Fraction, limit: Limit) -> bool:
    if limit.remark is None:
        return False
    border = in_base(limit.remark, limit.unit)[0]
    return number > border if limit.most is not None else number < border
