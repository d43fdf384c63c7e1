"""The period of a figure: whole months up to the running one, or a year."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise

from core.contract.ports import Words
from core.contract.words import _
from core.data.calendar import moment
from plugins.gmao.formulas.spans import Span

USUAL, MONTHS, YEARS = "12", (1, 3, 6, 12), 3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From its first to its last day, both included; `code` stands for it in an address."""

    code: str
    label: Words
    first: date
    last: date

    @cached_property
    def span(self) -> Span:
        """Return it from midnight to midnight, in the facilities' time."""
        return Span(moment(self.first, time()), moment(self.last + DAY, time()))

    def holds(self, at: datetime | None) -> bool:
        """Return whether a moment lies in it."""
        start, end = self.span
        return at is not None and end is not None and start <= at < end


def months_before(day: date, months: int) -> date:
    """Return the first day of a month so many months before that of a day."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def periods(today: date) -> list[Period]:
    """Return those that are offered: the running month, the last 3, 6 and 12 with it, this year and two before."""
    end = months_before(today, -1) - DAY
    labels = {1: _("This month"), 3: _("3 months"), 6: _("6 months"), 12: _("12 months")}
    found = [Period(str(n), labels[n], months_before(today, n - 1), end) for n in MONTHS]
    years = range(today.year, today.year - YEARS, -1)
    return found + [Period(f"y{year}", str(year), date(year, 1, 1), date(year, 12, 31)) for year in years]


def chosen(code: str | None, today: date) -> Period:
    """Return the period of a code; of any other the last twelve months."""
    known = {each.code: each for each in periods(today)}
    return known.get(code or USUAL) or known[USUAL]


def last_months(today: date, number: int = 12) -> list[Span]:
    """Return the last months, each from midnight to midnight, the running one last."""
    firsts = [months_before(today, back) for back in range(number - 1, -2, -1)]
    edges = [moment(day, time()) for day in firsts]
    return [Span(start, end) for start, end in pairwise(edges)]
