"""Series of document numbers: declared once by a plugin; their patterns are an administration's to change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from core.contract.ports import Words
from core.contract.settings import Setting
from core.contract.words import _

RIGHT = "core.number.edit"  # to set patterns and to close years
COUNTRY: Literal["country"] = "country"
FACILITY: Literal["facility"] = "facility"
YEAR: Literal["year"] = "year"
MONTH: Literal["month"] = "month"
NEVER: Literal["never"] = "never"
LONGEST = 40  # characters of a number, in every table
PART = re.compile(r"\{(kind|year|month|place|number)(?::(0[1-9]))?\}")
PLAIN = re.compile(r"[A-Za-z0-9._/-]*")
NEEDED: Mapping[str, tuple[str, ...]] = {YEAR: ("year",), MONTH: ("year", "month"), NEVER: ()}


@dataclass(frozen=True)
class NumberSeries:
    """Numbers of one kind of document, without a gap: "BL-2026-00404" is kind BL, counted in 2026.

    `per` says who counts: the country, or each facility for itself. `restarts` says when it begins at 1 again. The
    `pattern` names {kind}, {year}, {month}, {place} (the code of the facility) and {number}, "{number:05}" with five
    digits, and so that no two documents of the series get the same text. One that each facility counts holds the place,
    unless the number is stored beside its place and written with it wherever it leaves the house (`beside_place`,
    `core.data.numbers.of_place`). A year that has passed may be closed where `closes`. A `bare` one only counts
    (`core.data.numbers.next_count`): the plugin makes of it what people read, and nobody sets a pattern.
    """

    name: str
    label: Words
    kind: str
    pattern: str = "{kind}-{year}-{number:05}"
    per: Literal["country", "facility"] = COUNTRY
    restarts: Literal["year", "month", "never"] = YEAR
    beside_place: bool = False
    closes: bool = True
    bare: bool = False

    @cached_property
    def setting(self) -> Setting[str]:
        """Return the setting by which an administration chooses another pattern."""
        parts = "{kind}, {year}, {month}, {place}, {number:05}"
        return Setting(
            f"{self.name}.number", _("Numbers: %(what)s", what=self.label), self.pattern, RIGHT,
            _("Parts: %(parts)s. Numbers that were given stay as they are.", parts=parts),
            section=_("Document numbers"), local=self.per == FACILITY, faults=self.fault,
        )  # fmt: skip

    def fault(self, pattern: str) -> Words:
        """Return what is wrong with a pattern, "" of one that may be used."""
        named = [found[1] for found in PART.finditer(pattern)]
        missing = [part for part in self._needed() if part not in named]
        if not PLAIN.fullmatch(PART.sub("", pattern)):
            return _("Only letters, figures, “-”, “.”, “_”, “/” and the parts may stand in a pattern.")
        if missing:
            return _("A number needs: %(parts)s.", parts=", ".join(f"{{{part}}}" for part in missing))
        if twice := sorted({part for part in named if named.count(part) > 1}):
            return _("Once is enough: %(parts)s.", parts=", ".join(f"{{{part}}}" for part in twice))
        if "place" in named and (self.per == COUNTRY or self.beside_place):
            return _("The place does not stand in these numbers.")
        if self.beside_place and "/" in pattern:
            return _("The code of the place follows after “/”: it cannot stand in the number too.")
        if not _told_apart(pattern):
            return _("Something other than figures must part the number from the rest.")
        if len(self.written(pattern, 10**6, date.min, "")) > LONGEST:
            return _("Such numbers are too long.")
        return ""

    def _needed(self) -> list[str]:
        place = ["place"] if self.per == FACILITY and not self.beside_place else []
        return ["kind", *NEEDED[self.restarts], *place, "number"]

    def written(self, pattern: str, number: int, on: date, place: str) -> str:
        """Return the text of a number, of a paper of a day; `place` is the code of the facility."""
        values = {"kind": self.kind, "year": f"{on.year:04}", "month": f"{on.month:02}", "place": place}
        return PART.sub(
            lambda found: format(number, found[2] or "") if found[1] == "number" else values[found[1]], pattern
        )


def _told_apart(pattern: str) -> bool:
    """Return whether nothing whose length or figures may differ stands next to the number: two documents could get one
    text ("1" and "23", "12" and "3"), and a later pattern a number of before."""
    before, after = re.split(r"\{number(?::0[1-9])?\}", pattern, maxsplit=1)
    return not re.search(r"(\d|\{place\})$", before) and not re.match(r"\d|\{", after) and _apart(before, after)


def _apart(before: str, after: str) -> bool:
    """Return whether a sign that is no figure parts number and place: what lies between has a length of its own."""
    between = before.partition("{place}")[2] if "{place}" in before else after.partition("{place}")[0]
    return "{place}" not in before + after or bool(re.search(r"[^0-9]", PART.sub("", between)))
