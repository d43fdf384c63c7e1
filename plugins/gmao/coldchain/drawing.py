"""The temperatures of the last days as a curve, with the limits, and what is not known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.contract.words import _
from core.data.calendar import local
from core.data.db import utcnow
from core.web.charts import Plot, Series, line
from plugins.gmao.coldchain.finding import readings_by
from plugins.gmao.coldchain.limits import LONGEST, limits_of
from plugins.gmao.coldchain.models import LOGGER, SOURCES, TYPED, Breach
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.coldchain import Gap, Reading, watched

DAYS, STEP = 14, timedelta(hours=12)
CLOSE, FINE = timedelta(hours=24), timedelta(hours=2)  # around a breach
GAPS = 5  # that are told, the latest ones


@dataclass(frozen=True)
class Curve:
    """A plot, the last reading, the gaps of its time, and how long a reading stands."""

    plot: Plot
    last: Reading | None
    source: Any
    gaps: Sequence[Gap]


def of_piece(row: Equipment) -> Curve | None:
    """Return the curve of the last days of a piece; None where it has no temperatures in them."""
    end = utcnow()
    return _curve(row, end - timedelta(days=DAYS), end, STEP)


def of_breach(breach: Breach) -> Curve | None:
    """Return the curve of a breach, and of a day before and after it."""
    row = breach.equipment
    if row is None:
        return None
    long = breach.ended_at - breach.started_at > 4 * CLOSE
    return _curve(row, breach.started_at - CLOSE, breach.ended_at + CLOSE, STEP if long else FINE, [breach.source])


def _curve(
    row: Equipment, start: datetime, end: datetime, step: timedelta, sources: Sequence[str] = (LOGGER, TYPED)
) -> Curve | None:
    """Return the curve of the first source that has readings: a chart beside a logger says nothing more."""
    every = readings_by(row, sources, start, end)
    for source in sources:
        if found := every.get(source):
            limits = [float(each.celsius) for each in limits_of(row.type.code)]
            now = min(end, utcnow())
            until = now if now - found[-1].at > LONGEST[source] else found[-1].at
            gaps = watched(found, found[0].at, until, (), LONGEST[source]).gaps
            return Curve(_plot(found, start, end, step, limits), found[-1], SOURCES[source], gaps[-GAPS:])
    return None


def _plot(
    found: Sequence[Reading], start: datetime, end: datetime, step: timedelta, limits: Sequence[float]
) -> Plot:  # fmt: skip
    """Return the highest and lowest temperature of each step of time; a step without any leaves a hole."""
    hour = local(start).hour
    first = local(start).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hour % (step.seconds // 3600))
    number = int((end - first) / step) + 1
    steps: list[list[float]] = [[] for _each in range(number)]
    for one in found:
        if one.celsius is not None:
            steps[int((one.at - first) / step)].append(float(one.celsius))
    labels = [f"{first + turn * step:%d %Hh}" for turn in range(number)]
    highest = [max(each) if each else None for each in steps]
    lowest = [min(each) if each else None for each in steps]
    return line(labels, [Series(_("Highest"), highest), Series(_("Lowest"), lowest)], "°C", limits)
