"""The public holidays of a year as the package `holidays` has them for the country."""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from flask import current_app

SIGNS = re.compile(r" \((?:[^()]*estim[^()]*)\)", re.IGNORECASE)


class Feast(NamedTuple):
    """A public holiday; `sign` names it for good, whenever it is; an `expected` one is announced late."""

    on: date
    label_fr: str
    label_en: str
    expected: bool
    sign: str


def of_year(year: int) -> list[Feast]:
    """Return the public holidays of a year; none for a country that the package does not know."""
    french, english = _names(year, "fr"), _names(year, "en_US")
    return [
        Feast(on, SIGNS.sub("", french[on])[:200], SIGNS.sub("", name)[:200], bool(SIGNS.search(name)),
              _sign(year, english, on))
        for on, name in english.items()
    ]  # fmt: skip


def _names(year: int, language: str) -> Mapping[date, str]:
    """Return {day: name} of a year; in the language of the country itself where the package has not the wanted one."""
    import holidays  # whoever proposes the days of a year needs it, and nobody else

    code = current_app.config["COUNTRY"]
    if code not in holidays.list_supported_countries():
        return {}
    offered = holidays.country_holidays(code).supported_languages
    known = next((each for each in offered if each.startswith(language[:2])), None)
    return dict(holidays.country_holidays(code, years=year, language=known))


def _sign(year: int, names: Mapping[date, str], on: date) -> str:
    """Return what names a feast of a year: "2026 Eid al-Fitr"; of two days of one name the second says so."""
    plain = SIGNS.sub("", names[on])
    turn = sum(SIGNS.sub("", name) == plain and day <= on for day, name in names.items())
    return f"{year} {plain}"[:110] + (f" {turn}" if turn > 1 else "")
