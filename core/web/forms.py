"""Forms: what was sent, once, and where a refusal of a service belongs."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, get_type_hints
from uuid import uuid4

import wtforms
from flask import current_app
from flask_wtf import FlaskForm
from sqlalchemy.exc import InvalidRequestError
from wtforms import FieldList, FormField, HiddenField
from wtforms.fields.core import UnboundField

from core.contract.words import _
from core.data.db import db
from core.data.errors import AmagaraError, Doubt, Invalid, Missing, Overtaken, Question, Refusals
from core.web import merging, own, sending
from core.web.choices import ChoiceField, EntityField, FacilityField, LookupField
from core.web.dates import DateField, ExpiryField, MonthField, TimeField
from core.web.fields import (
    BooleanField,
    DecimalField,
    FileField,
    KeyField,
    LongText,
    MoneyField,
    NumberField,
    PlaceField,
    QuantityField,
    TextField,
)  # fmt: skip

__all__ = [
    "BooleanField", "ChoiceField", "DateField", "DecimalField", "EntityField", "ExpiryField",
    "FacilityField", "FileField", "Form", "HiddenField", "Lines", "LongText", "LookupField", "MoneyField",
    "MonthField", "NumberField", "QuantityField", "ReasonForm", "Stored", "SubForm", "TextField", "TimeField",
]  # fmt: skip
OWN = {"key", "place_shown", "saw", "csrf_token"}  # the fields of every form
PLAIN = (DateField, LongText, QuantityField, TextField)  # a service goes on without them


class Form(FlaskForm):
    """A form of a page; `submit` runs its operation once for each key.

    With a `row` it is the form of what is stored, read from its attributes or by `stored(row)`; what others change
    meanwhile is then merged, or shown beside what was typed. In a `careful` form nothing is merged unseen.
    `data` beside a `row` is a proposal: it fills the page, and is not what is stored.
    """

    class Meta(FlaskForm.Meta):
        """What a form of a page has and that of a program has not: a mark against forgery, kept in the session."""

        @cached_property
        def csrf(self) -> bool:
            """Return whether the form was drawn by a page."""
            return bool(current_app.config.get("WTF_CSRF_ENABLED", True)) and not sending.by_token()

    key = KeyField(name="_key", default=lambda: str(uuid4()))
    place_shown = PlaceField(name=sending.PLACE)
    saw = HiddenField(name="_seen")
    owned = ""  # the entity of whose own fields the form has inputs too
    _own: Mapping[str, Any] = {}
    careful = rehearses = False  # rehearses: what a service refuses is told beside what cannot be read
    spared: Collection[str] = ()  # fields that the operation goes on without, besides those of a plain kind
    summing: Collection[str] = ()  # fields of the head whose refusals follow from the lines, so from a missing one too
    folded: Collection[str] = ()  # rarely needed fields, which the core's page of a verb folds away
    sheet, script, scans = "", "", False  # what that page loads of its plugin, and whether it offers the camera
    refused, answer_status, waits, of_row = False, 422, "", False  # of a stored row; what it does, where it may wait

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a field that bears a name of the form itself: each would be taken for the other."""
        super().__init_subclass__(**options)
        named = [name for name, each in vars(cls).items() if isinstance(each, UnboundField) and hasattr(Form, name)]
        if taken := [name for name in named if not isinstance(getattr(Form, name), UnboundField)]:
            raise TypeError(f"{cls.__name__}: a field may not be called {', '.join(taken)}: the form has it")

    def __init__(
        self, *args: Any, row: Any = None, stored: Callable[[Any], Mapping[str, Any]] | None = None, **options: Any
    ) -> None:
        self._row, self._stored, self.clashes = row, stored, list[merging.Clash]()
        self.refusals: list[AmagaraError] = []  # each with the facts that a page may need to show a way out
        self.questions: list[Question] = []  # what has to be confirmed before this is recorded
        proposed = "data" in options
        if self.owned:
            self._own = dict(own.inputs(self.owned, row))
            declared: Any = type(self)
            self._unbound_fields: Any = [*declared._unbound_fields, *self._own.items()]
        super().__init__(*args, **{**self._filling(), **options})
        if row is None:
            del self.saw
        elif not self.is_submitted() or args or "formdata" in options:
            self.saw.data = merging.marks(self.fresh() if proposed else self)
        elif self._own:
            own.keep_unsent(self, row)

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether what was sent is right; what is only to be shown is not judged."""
        return not sending.only_shown() and super().validate(extra_validators)

    def values(self) -> dict[str, Any]:
        """Return what the form says, by name, as the service of its verb takes it; None where nothing was chosen."""
        return {name: field.data for name, field in self._fields.items() if name not in OWN and name not in self._own}

    def hidden_tag(self, *fields: Any) -> Any:
        """Return what a page carries hidden; of own fields that came with another kind it tells what it shows, too."""
        seen = merging.read(self.saw.data) if self._own and self.saw else None
        if seen is not None:
            self.saw.data, self.saw.raw_data = json.dumps(json.loads(merging.marks(self)) | seen), None
        return super().hidden_tag(*fields)

    def arguments(self) -> dict[str, Any]:
        """Return what the service of a verb is called with: the values, and the own fields of an administration."""
        return {**self.values(), **({"own": own.said(self)} if self.owned else {})}

    @property
    def own_fields(self) -> list[Any]:
        """Return the inputs of own fields, in their order."""
        return [self._fields[name] for name in self._own]

    @property
    def answered(self) -> list[str]:
        """Return the tokens that were sent and are not asked again: they go along, so that nobody ticks twice."""
        asked = {question.token for question in self.questions}
        sent = dict.fromkeys(sending.confirmed()) if self.is_submitted() else ()
        return [token for token in sent if token.partition(":")[0] not in asked]

    def _filling(self) -> dict[str, Any]:
        if self._row is None:
            return {}
        filled = {"obj": self._row} if self._stored is None else {"data": self._stored(self._row)}
        return filled | (own.filling(self._row) if self.owned else {})

    def fresh(self) -> Any:
        """Return this form as it is stored, with nothing typed and nothing proposed."""
        return type(self)(formdata=None, row=self._row, stored=self._stored)

    def reconcile(self) -> None:
        """Merge what others stored since the page was made; raises Clashed where both changed the same."""
        seen = None if self._row is None else merging.read(self.saw.data)
        if seen is None:
            return
        stored = self._as_stored()
        clashes = merging.merge(self, stored, seen, merging.chosen(), self.careful)
        if clashes:
            self.saw.data = merging.marks(stored)  # whoever has read both values may send again
            self.saw.raw_data = None
            raise merging.Clashed(clashes, merging.author(self._row, [clash.key for clash in clashes]))

    def _as_stored(self) -> Any:
        """Return this form as it would be shown now, its row locked until the end of the transaction."""
        columns = list(self._row.__mapper__.column_attrs.keys())  # without what is loaded beside them
        try:
            db.session.refresh(self._row, attribute_names=columns, with_for_update=True)
        except InvalidRequestError:
            raise Missing(_("This was removed meanwhile.")) from None
        return self.fresh()

    @property
    def typed_in_lines(self) -> bool:
        """Return whether lines are typed in it: Enter then goes on, and only a button sends."""
        return any(isinstance(field, Lines) for field in self)

    def refuse(self, error: AmagaraError) -> None:
        """Put the words of a refusal on the fields they belong to, else above the form."""
        self.refused = True
        self.answer_status = error.status if error.status >= 500 or isinstance(error, Overtaken) else 422
        if isinstance(error, Refusals):
            for one in error.each:
                self.refuse(one)
        elif isinstance(error, Doubt):
            for question in error.questions:
                self._question(question)
        elif isinstance(error, merging.Clashed):
            self.clashes = error.rows
            self.form_errors.append(str(error.message))
            for clash in error.rows:
                field = self._field(clash.field)  # its line is named by whoever lists the faults
                label = clash.label if field is None else field.label.text
                self.fault(clash.field, _("%(label)s: stored meanwhile: %(value)s", label=label, value=clash.theirs))
        elif isinstance(error, Invalid):
            for name, message in error.errors.items():
                self.fault(name, message)
        else:
            self.refusals.append(error)
            self.fault(getattr(error, "field", None), error.message, error.facts.get("line"))

    @contextmanager
    def readable(self) -> Iterator[bool]:
        """Yield whether the head is plain enough to go on without what cannot be read; its bad lines are left out."""
        lines = [field for field in self if isinstance(field, Lines)]
        head = [field for field in self if field.errors and field not in lines]
        for grid in lines:
            grid.read = [number for number, entry in enumerate(grid.entries[: grid.sent]) if not entry.errors]
        try:
            yield self.rehearses and all(isinstance(field, PLAIN) or field.name in self.spared for field in head)
        finally:
            for grid in lines:
                grid.read = None

    def fault(self, name: str | None, message: Any, line: int | None = None) -> None:
        """Put a message on a field: "name", "lines-0-quantity", or one of line `line` (from 0)."""
        grids = [field for field in self if isinstance(field, Lines)]
        field = self._place(name, line)
        text = str(message or _("This was refused"))
        if field is not None:
            field.errors = [*field.errors, text]
        else:
            place = f"{self.line_named(line)} " if grids and line is not None else ""
            self.form_errors.append(place + text)
        for grid in grids:
            grid.gather()

    def line_named(self, line: int) -> str:
        """Return the words before a fault of a line (from 0): what it stands for, else its number."""
        rows = [grid.entries[line].form for grid in self if isinstance(grid, Lines) and line < len(grid.entries)]
        title = next((row.title for row in rows if row.title), "")
        return str(_("%(name)s:", name=title) if title else _("Line %(number)s:", number=line + 1))

    def refuse_beside(self, error: AmagaraError) -> None:
        """Put the words of a refusal on fields that could be read; any other may follow from what could not."""
        undated = any(field.errors for field in self if isinstance(field, DateField))
        lines = [field for field in self if isinstance(field, Lines)]
        all_read = all(len(grid.read or ()) == grid.sent for grid in lines)
        found = [(name, words, None, {}) for name, words in error.errors.items()] if isinstance(error, Invalid) else [
            (one.field, one.message, one.facts.get("line"), one.facts) for one in getattr(error, "each", ())
        ]  # fmt: skip
        for name, words, line, facts in found:
            field = self._place(name, line)
            if field is None or field.errors or (undated and facts.get("short")):  # short on which day?
                continue
            if all_read or field.name not in self.summing:
                self.fault(name, words, line)

    def _question(self, question: Question) -> None:
        """Put a question on its field; without one it stands at the head of the form."""
        self.questions.append(question)
        field = self._place(question.field, question.line)
        if field is not None:
            field.questions = [*getattr(field, "questions", ()), question]

    @property
    def head_questions(self) -> list[Question]:
        """Return the questions that have no field of their own."""
        return [each for each in self.questions if self._place(each.field, each.line) is None]

    def _place(self, name: str | None, line: int | None) -> Any | None:
        """Return the field of that name, in line `line` (from 0) when there is one."""
        grids = [field for field in self if isinstance(field, Lines)]
        name = next((grid.renamed(name) for grid in grids if name and grid.renamed(name) != name), name)
        names = [f"{grid.name}-{grid.place(line)}-{name}" for grid in grids if line is not None]
        return next((found for each in (*names, name) if each and (found := self._field(each))), None)

    def _field(self, name: str) -> Any | None:
        wanted = name.replace(".", "-")
        return next((field for field in _leaves(self) if field.name == wanted), None)


def _leaves(form: Any) -> Iterator[Any]:
    """Yield the fields of a form and those of its lines."""
    for field in form:
        yield field
        for entry in getattr(field, "entries", ()):
            yield from _leaves(entry.form)


@dataclass(frozen=True)
class Stored:
    """What makes the form of a stored row, for a verb: its class, and what that shows where it is not the columns."""

    form: type[Form]
    stored: Callable[[Any], Mapping[str, Any]] | None = None

    def __call__(self, row: Any) -> Form:
        """Return the form of a row."""
        return self.form(row=row, stored=self.stored)


def class_of(form: Any) -> type[Form]:
    """Return the class of the forms that a verb asks for: itself, or what its function says that it returns; `Form`
    where that says nothing."""
    if isinstance(form, Stored):
        return form.form
    if isinstance(form, partial):
        return class_of(form.func)
    found: type[Form] = form if isinstance(form, type) else get_type_hints(form).get("return", Form)
    return found


class ReasonForm(Form):
    """Why a step is taken."""

    reason = LongText(_("Reason"), required=True, max_length=1000, help=_("The people concerned read it."))


class SubForm(wtforms.Form):
    """The fields of one line; `identity` names the hidden field that says which stored line it is."""

    identity = ""
    aside: Collection[str] = ()  # fields that say how another one is typed: nothing of theirs is stored
    title = ""  # what a line stands for, where that is known before it is typed: its faults are told by it

    def is_blank(self) -> bool:
        """Return whether nothing was typed in it: what the page had filled in does not count."""
        return all(_untouched(field) for field in self)


def _untouched(field: Any) -> bool:
    if field.type == "BooleanField":
        return True
    typed = [str(value).strip() for value in field.raw_data or () if value]
    default = field.default() if callable(field.default) else field.default
    return not any(typed) or (
        field.type != "HiddenField" and default is not None and typed == [getattr(field, "write", str)(default)]
    )


class Lines(FieldList):
    """Lines of a document, each a `SubForm`; blank ones are left out, but one is always offered.

    `rows` are the forms of the lines that were filled in, `data` their values.
    """

    minimum, maximum = 0, 1000
    entries: list[Any]
    errors: list[Any]
    read: list[int] | None = None  # the lines that a rehearsal goes through

    def __init__(self, sub_form: type[SubForm], label: Any = "", *, help: Any = "", **options: Any) -> None:
        self.minimum = options.pop("minimum", self.minimum)
        self.maximum = options.pop("maximum", self.maximum)
        super().__init__(FormField(sub_form), label, description=help, **options)
        self.type, self.identity = "FieldList", sub_form.identity

    def process(self, formdata: Any, data: Any = wtforms.utils.unset_value, extra_filters: Any = None) -> None:
        """Read the lines, drop the blank ones, and offer one when there is none."""
        self.found, self.read = 0, None
        super().process(formdata, data, extra_filters)
        if formdata:
            self.entries = [entry for entry in self.entries if not entry.form.is_blank()]
            self._compact_indices()
        self.sent = len(self.entries)
        while len(self.entries) < max(1, self.minimum):
            self._add_entry()

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        """Yield the numbers of the lines that were sent, no more than may be: each costs time."""
        start = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,9}})-", re.A)
        numbers = sorted({int(found[1]) for name in formdata if (found := start.match(name))})
        self.found = len(numbers)
        yield from numbers[: self.maximum]

    @property
    def rows(self) -> list[Any]:
        """Return the forms of the lines that were filled in; in a rehearsal of those that can be read."""
        entries = self.entries[: self.sent]
        return [entry.form for entry in (entries if self.read is None else [entries[number] for number in self.read])]

    def place(self, number: int) -> int:
        """Return the line of the page that a service knows by a number."""
        return number if self.read is None or number >= len(self.read) else self.read[number]

    def renamed(self, name: str) -> str:
        """Return the name of a field in the lines of the page, e.g. "lines-2-quantity"."""
        found = re.fullmatch(rf"{re.escape(self.name)}-([0-9]{{1,9}})-(.+)", name, re.A)
        return f"{self.name}-{self.place(int(found[1]))}-{found[2]}" if found else name

    @property
    def data(self) -> list[dict[str, Any]]:
        """Return the values of the lines that were filled in."""
        return [form.data for form in self.rows]

    @property
    def blank(self) -> Any:
        """Return the form of an empty line, for the template that script copies."""
        options = {"name": f"{self.name}-0", "id": f"{self.id}-0", "_meta": self.meta, "translations": None}
        entry = self.meta.bind_field(self._form, self.unbound_field, options)
        entry.process(None)
        return entry.form

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Return whether every line is right and there are neither too few nor too many."""
        for row in self.entries[: self.sent]:
            row.validate(form)
        self.gather()
        if self.sent < self.minimum:
            self.errors.append(str(_("Fill in at least one line.")))
        if self.found > self.maximum:
            self.errors.append(str(_("There are too many lines: at most %(most)s.", most=self.maximum)))
        return not self.errors

    def gather(self) -> None:
        """Take up the faults of the lines, so that the form knows of them."""
        own = [text for text in self.errors or () if isinstance(text, str)]
        self.errors = [entry.errors for entry in self.entries if entry.errors] + own
