"""The forms of an import: the file, then what its columns and words mean."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from flask import g, request

from core.contract.words import _
from core.data import figures
from core.imports.importer import Field, Importer
from core.imports.mapping import Look, Mapped, label, look
from core.imports.parse import DATE_FORMATS
from core.imports.readers import Table
from core.web import pages, sending
from core.web.forms import ChoiceField, FileField, Form, HiddenField, TextField

TYPES = (".csv", ".tsv", ".txt", ".xlsx", ".json", ".geojson")
ASKED = 60  # words of one field that the page asks about


class UploadForm(Form):
    """The file."""

    file = FileField(
        _("File"), required=True, types=TYPES, max_mb=32,
        help=_("CSV, XLSX or JSON, with the headings in the first line."),
    )  # fmt: skip
    sent: Any = None  # the file as it was read, while its page holds it

    def values(self) -> dict[str, Any]:
        """Return the file that was read, and where it was sent."""
        return {"file": self.sent, "facility_id": g.place.id}


class AgreedForm(Form):
    """What was shown of a file, and the answers to what it asks."""

    shown = HiddenField()

    def values(self) -> dict[str, Any]:
        """Return the mark of the preview, and what was said yes to."""
        return {"shown": self.shown.data or "", "agreed": sending.confirmed()}


class MappingForm(Form):
    """What the columns, words and empty cells of one file mean; its fields are made for the file."""

    importer: Importer
    table: Table
    seen: Look

    def columns(self) -> Iterator[tuple[str, list[str], Any]]:
        """Yield (heading, examples, field) of each column."""
        for number, column in enumerate(self.table.columns):
            yield column, self.seen.examples[column], self[f"column_{number}"]

    def words(self) -> Iterator[tuple[str, list[tuple[str, int, Any]]]]:
        """Yield (label of the field, [(word, how often, field)]) of the words that need a meaning."""
        for name, counted in self.seen.unknown.items():
            asked = [(word, number, self[_word(name, word)]) for word, number in list(counted.items())[:ASKED]]
            yield label(self.importer, name), asked

    def empties(self) -> list[Any]:
        """Return the fields that say what stands for an empty cell."""
        return [field for field in self if field.name.startswith("empty_")]

    def mark_new(self) -> bool:
        """Return whether the columns chosen raise a question that was not on the page that was sent; each is marked."""
        asked = [field for _label, words in self.words() for _word, _number, field in words]
        asked += [self[name] for name in ("dates", "decimals") if name in self]
        new = [field for field in asked if field.name not in request.form]
        for field in new:
            field.errors = [*field.errors, str(_("Answer this: %(question)s", question=field.label.text))]
        return bool(new)

    def fault(self, name: str | None, message: Any, line: int | None = None) -> None:
        """Put a message on the question it belongs to: a field without a column where its value can be given, a
        column that was chosen twice on both."""
        if name == "columns":
            chosen = [field for _column, _examples, field in self.columns() if field.data]
            data = [field.data for field in chosen]
            for field in chosen:
                if data.count(field.data) > 1:
                    field.errors = [*field.errors, str(message)]
            if len(set(data)) < len(data):
                return
        super().fault(f"empty_{name}" if f"empty_{name}" in self else name, message, line)

    def values(self) -> dict[str, Any]:
        """Return what was chosen, and the file that it is about."""
        return {"mapped": self.mapped(), "table": self.table}

    def mapped(self) -> Mapped:
        """Return what was chosen."""
        columns = {column: field.data for column, _examples, field in self.columns() if field.data}
        values: dict[str, dict[str, str]] = {}
        for name, counted in self.seen.unknown.items():
            for word in list(counted)[:ASKED]:
                if meaning := self[_word(name, word)].data:
                    values.setdefault(name, {})[word] = meaning
        for field in self.empties():
            if field.data:
                values.setdefault(field.name.removeprefix("empty_"), {})[""] = field.data
        dates = self["dates"].data if "dates" in self else self.seen.dates or ""
        return Mapped(columns, values, dates, self["decimals"].data if "decimals" in self else "")


def mapping_form(importer: Importer, table: Table, mapped: Mapped) -> MappingForm:
    """Return the form of one file, filled with a mapping; a form that was sent is read by its own columns."""
    columns = _posted(table) if request.method == "POST" else dict(mapped.columns)
    seen = look(importer, table, columns)
    choices = _field_choices(importer)
    fields: dict[str, Any] = {"importer": importer, "table": table, "seen": seen}
    for number, column in enumerate(table.columns):
        known = mapped.columns.get(column)
        fields[f"column_{number}"] = ChoiceField(column[:80], choices, default=known, blank=_("– not imported –"))
    fields |= _word_fields(importer, seen, mapped)
    fields |= {f"empty_{each.name}": _empty_field(each, mapped) for each in importer.fields if each.name[-1:] != ":"}
    if seen.dates != "iso":
        chosen = mapped.dates if mapped.dates != "iso" else seen.dates
        orders = [("dmy", DATE_FORMATS["dmy"]), ("mdy", DATE_FORMATS["mdy"])]
        label = _("How are dates written in this file?")
        fields["dates"] = ChoiceField(label, orders, required=True, tiles=True, default=chosen or None)
    if seen.unclear:
        fields["decimals"] = _decimals_field(seen.unclear, mapped)
    made: MappingForm = type("FileMappingForm", (MappingForm,), fields)()
    return made


def _decimals_field(example: str, mapped: Mapped) -> Any:
    """Return the question how a number such as 1.250 is meant in this file."""
    meant = {mark: figures.number(example, mark).normalize() for mark in (",", ".")}
    choices = [
        (mark, _("%(text)s is %(number)s", text=example, number=pages.number(each))) for mark, each in meant.items()
    ]
    label = _("How are numbers written in this file?")
    return ChoiceField(label, choices, required=True, tiles=True, default=mapped.decimals or None)


def _posted(table: Table) -> dict[str, str]:
    columns = {column: request.form.get(f"column_{number}", "") for number, column in enumerate(table.columns)}
    return {column: name for column, name in columns.items() if name}


def _field_choices(importer: Importer) -> list[tuple[str, Any]]:
    """Return the choices of a column: every field, every family with its suffixes."""
    found: list[tuple[str, Any]] = []
    for each in importer.fields:
        if not each.name.endswith(":"):
            found.append((each.name, each.label))
        elif each.suffixes:
            found += [(f"{each.name}{suffix}", f"{each.label} ({suffix})") for suffix in each.suffixes()]
    return found


def _word(name: str, word: str) -> str:
    """Return the input's name for a word of the file."""
    return f"word_{name}_{hashlib.sha256(word.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _word_fields(importer: Importer, seen: Look, mapped: Mapped) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, counted in seen.unknown.items():
        each = importer.field(name)
        meanings: Mapping[str, Any] = each.choices() if each and each.choices else {}
        for word in list(counted)[:ASKED]:
            known = mapped.values.get(name, {}).get(word)
            fields[_word(name, word)] = ChoiceField(word[:80], meanings, default=known, blank=_("– choose –"))
    return fields


def _empty_field(field: Field, mapped: Mapped) -> Any:
    known = mapped.values.get(field.name, {}).get("")
    if field.choices:
        return ChoiceField(field.label, field.choices, default=known)
    return TextField(field.label, default=known)
