"""The day of retirement: birth + age, by the rule that holds for a status on that day.

Source: statutes of civil servants (an age by status, changed by law from a date on). Whoever was born on 29 February
reaches an age on 28 February where a year has no 29. An extension is a decision with a date.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta


class Rule(NamedTuple):
    """At which age people of a status retire, from a day to a day; `last` None while it holds."""

    status: str
    age: int
    first: date
    last: date | None = None


class Retirement(NamedTuple):
    """The day of retirement, the rule that it comes from, and whether a decision put it off."""

    on: date
    rule: Rule
    extended: bool


def reaches(birth: date, age: int) -> date:
    """Return the day on which somebody reaches an age."""
    return birth + relativedelta(years=age)


def retirement(birth: date, status: str, rules: Iterable[Rule], extended_to: date | None = None) -> Retirement | None:
    """Return the retirement of somebody: the first day on which he has the age that holds for his status on it.

    None where no rule of the status ever catches him. Where a law lowers the age, those who are past it retire on its
    first day. `extended_to` is the day until which a decision keeps him, if it is later.
    """
    found = []
    for rule in (one for one in rules if one.status == status):
        on = max(reaches(birth, rule.age), rule.first)
        if rule.last is None or on <= rule.last:
            found.append((on, rule))
    if not found:
        return None
    on, rule = min(found, key=lambda one: one[0])
    if extended_to is None or extended_to <= on:
        return Retirement(on, rule, False)
    return Retirement(extended_to, rule, True)
