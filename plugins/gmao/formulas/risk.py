"""The risk of equipment, and how often it is maintained.

EM = function + physical risk + maintenance + history, after L. Fennigkoh and B. Smith, "Clinical equipment management",
JCAHO Plant, Technology & Safety Management Series 2, 1989, as WHO gives it with the history of incidents in "Medical
equipment maintenance programme overview", 2011. What reaches 12 is in the programme. The bands of EM that stand
for a frequency are a country's own; the manual of the manufacturer wins over them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

IN_PROGRAMME = 12
FUNCTION = range(2, 11)  # 10 life support, 9 surgery and intensive care, 8 treatment, 7 its monitoring, 6 other
# diagnosis, 5 laboratory analysis, 4 laboratory accessories, 3 computers, 2 other
PHYSICAL = range(1, 6)  # 5 death, 4 injury, 3 wrong therapy or diagnosis, 2 damage to equipment, 1 none
MAINTENANCE = range(1, 6)  # 5 extensive, 4 above average, 3 average, 2 below average, 1 minimal
HISTORY = range(-2, 3)

# Months between two failures up to which a history weighs so much; beyond the last one it weighs −2.
STEPS = ((6, 2), (9, 1), (18, 0), (30, -1))


class Band(NamedTuple):
    """From this EM on, maintenance every so many months."""

    least: int
    months: int


BANDS = (Band(18, 3), Band(15, 6), Band(12, 12))  # where a country has not set its own


@dataclass(frozen=True, slots=True)
class Risk:
    """The terms of EM; `history` None when too little was seen to judge it, which weighs nothing and is said."""

    function: int
    physical: int
    maintenance: int
    history: int | None = None

    def __post_init__(self) -> None:
        for name, scale in (("function", FUNCTION), ("physical", PHYSICAL), ("maintenance", MAINTENANCE)):
            if getattr(self, name) not in scale:
                raise ValueError(f"{name} is {scale[0]} to {scale[-1]}, not {getattr(self, name)}")
        if self.history is not None and self.history not in HISTORY:
            raise ValueError(f"history is −2 to 2, not {self.history}")

    @property
    def em(self) -> int:
        """Return the equipment management number."""
        return self.function + self.physical + self.maintenance + (self.history or 0)

    @property
    def in_programme(self) -> bool:
        """Return whether it is maintained by plan."""
        return self.em >= IN_PROGRAMME


class Frequency(NamedTuple):
    """Months between two maintenances, None for none by plan; `source` "manual", "band" or "none"."""

    months: int | None
    source: str


def history(failures: int, months: Fraction | int) -> int | None:
    """Return what the failures seen in so many months weigh, from +2 (one in less than 6 months) to −2 (none in 30).

    Between the steps of STEPS the end of one belongs to the next: one failure in 9 months weighs 0. Where nothing
    failed, the time seen stands for the time between failures, which is at least that; None below 9 months of it.
    """
    if failures < 0 or months < 0:
        raise ValueError("failures and months are not negative")
    if not failures:
        return None if months < STEPS[1][0] else _weight(Fraction(months))
    return _weight(Fraction(months, failures))


def frequency(risk: Risk, bands: Collection[Band] = BANDS, manual: int | None = None) -> Frequency:
    """Return how often equipment of this risk is maintained; `manual` the months that its manufacturer asks for."""
    if manual is not None:
        if manual < 1:
            raise ValueError(f"an interval of {manual} months")
        return Frequency(manual, "manual")
    fitting = [band for band in bands if risk.em >= band.least]
    return Frequency(max(fitting).months, "band") if fitting else Frequency(None, "none")


def _weight(between: Fraction) -> int:
    return next((weight for months, weight in STEPS if between < months), -2)
