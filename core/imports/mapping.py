"""Which column is which field, and what the words of another system mean here."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any

from flask_babel import force_locale, format_date, format_decimal

from core.contract.words import _
from core.data.errors import Refused
from core.imports.importer import Importer
from core.imports.parse import DATE_FORMATS, Number, date_format, day, expiry, plain
from core.imports.readers import Table, kinds

VALUE = re.compile(r"[+-]?[\d .,/:\-]*\d", re.ASCII)
LOOKED_AT, WORDS, LANGUAGES = 20_000, 200, ("en", "fr")


@dataclass(frozen=True)
class Mapped:
    """A choice of the user: {column: field}, {field: {word: value}} ("" = when empty), the order in dates, the
    sign before decimals."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: str = ""
    decimals: str = ""

    def column_of(self, name: str) -> str:
        """Return the column that feeds a field, or an empty text."""
        return next((column for column, field in self.columns.items() if field == name), "")


def guess(importer: Importer, columns: Iterable[str]) -> dict[str, str]:
    """Return {column: field} for the columns whose headings are known, each field once."""
    columns, families = list(columns), _families(importer)
    found = dict(next((each for each in importer.known if set(each) <= set(columns)), {}))
    for names in (_labels(importer), _names(importer), _aliases(importer)):  # our own words go before usual ones
        for column in columns:
            name = column if importer.field(column) else names.get(plain(column)) or families.get(plain(column))
            if name and name not in found.values() and column not in found:
                found[column] = name
    return {column: name for column, name in found.items() if name}


def refuse_without_headings(importer: Importer, columns: Sequence[str]) -> None:
    """Raise Refused when no heading is known and one of them is a number or a date: the first line is no heading."""
    value = next((column for column in columns if VALUE.fullmatch(column)), None)
    if value is not None and not guess(importer, columns):
        raise Refused(_("The first line must hold the headings; “%(cell)s” is none.", cell=value), "file")


def _labels(importer: Importer) -> dict[str, str]:
    """Return {heading in plain letters: field} of the labels in both languages."""
    labels: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            labels |= {plain(str(each.label)): each.name for each in importer.fields if not each.name.endswith(":")}
    return labels


def _families(importer: Importer) -> dict[str, str]:
    """Return {heading in plain letters: field} of the columns of families: “Code (dhis2)” is code:dhis2."""
    known: dict[str, str] = {}
    for each in importer.fields:
        for suffix in each.suffixes() if each.suffixes else ():
            for language in LANGUAGES:
                with force_locale(language):
                    known[plain(f"{each.label} {suffix}")] = f"{each.name}{suffix}"
    return known


def _names(importer: Importer) -> dict[str, str]:
    """Return {heading in plain letters: field} of the names."""
    return {plain(each.name): each.name for each in importer.fields if not each.name.endswith(":")}


def _aliases(importer: Importer) -> dict[str, str]:
    """Return {heading in plain letters: field} of the other usual headings."""
    return {plain(word): each.name for each in importer.fields for word in each.aliases}


def check(importer: Importer, table: Table, mapped: Mapped) -> None:
    """Raise Refused when a mapping cannot be: unknown names, a field fed twice, a required one left out."""
    for column, name in mapped.columns.items():
        if column not in table.columns:
            raise Refused(_("The file has no column “%(name)s”.", name=column), "columns")
        if importer.field(name) is None:
            raise Refused(_("There is no field “%(name)s” to import.", name=name), "columns")
    twice = [name for name, number in Counter(mapped.columns.values()).items() if number > 1]
    if twice:
        raise Refused(_("Two columns are meant for “%(name)s”. Choose one.", name=label(importer, twice[0])), "columns")
    for each in importer.fields:
        if each.required and not mapped.column_of(each.name) and not mapped.values.get(each.name, {}).get(""):
            raise Refused(_("Choose the column for “%(name)s”.", name=each.label), each.name)
    if mapped.dates and mapped.dates not in DATE_FORMATS:
        raise Refused(_("Dates are written iso, dmy or mdy."), "dates")
    if mapped.decimals not in ("", ",", "."):
        raise Refused(_("Before decimals stands a comma or a point."), "decimals")


def label(importer: Importer, name: str) -> str:
    """Return the label of a field; of a family with its suffix."""
    found = importer.field(name)
    if found is None:
        return name
    family = next((each for each in importer.fields if each.name.endswith(":") and name.startswith(each.name)), None)
    return str(found.label) if family is None else f"{found.label} ({name.removeprefix(family.name)})"


def samples_of(importer: Importer) -> list[dict[str, str]]:
    """Return the example line of the template in each language, and in codes as older templates had it."""
    found = [dict(importer.example)]
    for language in LANGUAGES:
        with force_locale(language):
            found.append(importer.sample())
    return [each for each in found if each]


def resolve(choices: Callable[[], Mapping[str, Any]]) -> dict[str, str]:
    """Return {word in plain letters: value} of what may be chosen, by value and by label in each language."""
    known: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            known |= {plain(str(words)): value for value, words in choices().items()}
    return known | {plain(value): value for value in choices()}


@dataclass(frozen=True)
class Look:
    """What the first lines say: examples of each column, unknown words of choices, how dates are written, and a
    number that can be read in two ways."""

    examples: Mapping[str, list[str]]
    unknown: Mapping[str, Mapping[str, int]]
    dates: str | None
    unclear: str = ""


def look(importer: Importer, table: Table, columns: Mapping[str, str]) -> Look:
    """Return a look at a file under a mapping, to ask the user the right questions."""
    examples: dict[str, list[str]] = {column: [] for column in table.columns}
    words: dict[str, Counter[str]] = {name: Counter() for name in columns.values()}
    slashed: set[str] = set()
    unclear = ""
    fields = {column: importer.field(name) for column, name in columns.items()}
    for column, cells in _columns(table):
        said = list(dict.fromkeys(cells)) if kinds(cells) == {str} else cells  # a marked cell is not what its text is
        shown, found = examples[column], fields.get(column)
        for cell in said if len(shown) < 3 else ():
            if len(shown) < 3 and cell not in shown:
                shown.append(cell[:60])
        if found and found.choices and len(words[found.name]) < WORDS:
            words[found.name].update(cells)
        elif found and found.parse in (day, expiry):
            slashed.update(said)
        elif found and not unclear and isinstance(found.parse, Number):
            unclear = next(filter(found.parse.unclear, said), "")
    return Look(examples, _unknown(importer, words), date_format(slashed), unclear)


def _columns(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Yield (column, its filled cells) of the first lines, a part of them at a time."""
    left = LOOKED_AT
    for part in table.parts():
        lines = [cells for _line, cells in part[:left]]
        for column, cells in zip(table.columns, zip_longest(*lines, fillvalue=""), strict=False):
            yield column, [cell for cell in cells if cell]
        left -= len(lines)
        if not left:
            return


def _unknown(importer: Importer, words: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """Return {field: {word: count}} of the words that no choice is called."""
    found: dict[str, dict[str, int]] = {}
    for name, counted in words.items():
        each = importer.field(name)
        if each and each.choices and counted:
            known = resolve(each.choices)
            strange = {word: number for word, number in counted.most_common(WORDS) if plain(word) not in known}
            found |= {name: strange} if strange else {}
    return found


class Shown:
    """How the cells of a preview are shown: fields in the importer's order, words by their meaning."""

    def __init__(self, importer: Importer, mapped: Mapped) -> None:
        order = [each.name for each in importer.fields]
        filled = [name for name, words in mapped.values.items() if words.get("")]
        names = dict.fromkeys([*mapped.columns.values(), *filled])
        self.names = sorted(names, key=lambda name: order.index(name if name in order else name.split(":")[0] + ":"))
        self.labels = {name: label(importer, name) for name in self.names}
        self.values = mapped.values
        found = {name: importer.field(name) for name in self.names}
        self.choices = {name: each.choices() for name, each in found.items() if each and each.choices}

    def columns(self, samples: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the fields that are filled in at least one of the samples."""
        return [name for name in self.names if any(self.cell(name, each["values"].get(name, "")) for each in samples)]

    def cell(self, name: str, text: str) -> str:
        """Return what a cell means."""
        words = self.values.get(name, {})
        meant = words.get(text, text) or words.get("", "")
        return str(self.choices.get(name, {}).get(meant, meant))

    def read(self, name: str, sample: Mapping[str, Any]) -> str:
        """Return how a number or day was understood, or nothing where the cell says the same."""
        text = sample["read"].get(name)
        said = self.understood(text) if text else ""
        return "" if said == self.cell(name, sample["values"].get(name, "")) else said

    def understood(self, text: str) -> str:
        """Return a number or day as the pages write it."""
        try:
            return str(format_decimal(Decimal(text)))
        except InvalidOperation:
            return str(format_date(date.fromisoformat(text), "dd/MM/yyyy"))
