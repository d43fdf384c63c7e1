"""The forms of a count: the sheet as it is filled, and the review of its differences."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from wtforms import SelectMultipleField

from core.contract.words import _
from core.data.calendar import local, moment, today, utcnow
from core.data.errors import AmagaraError, Doubt
from core.facilities.models import Facility
from core.web.address import whole
from core.web.forms import (
    ChoiceField,
    DateField,
    EntityField,
    ExpiryField,
    Form,
    HiddenField,
    Lines,
    NumberField,
    QuantityField,
    SubForm,
    TextField,
    TimeField,
)
from plugins.elmis.catalogue import measures
from plugins.elmis.catalogue.fields import MeasureField, article_field
from plugins.elmis.counts.comparing import Compared, compare
from plugins.elmis.counts.meeting import AFTER, BEFORE
from plugins.elmis.counts.models import ALL, CHOSEN, WHAT, Count
from plugins.elmis.counts.services import Counted, with_lines
from plugins.elmis.ledger.book import Entry
from plugins.elmis.ledger.reports import stores
from plugins.elmis.lots.lines import Line

NOW, PAPER = "now", "paper"


class ReviewedLine(SubForm):
    """What is said of a line that was counted: why it differs, and between which movements it was counted."""

    identity = "line_id"

    line_id = HiddenField()
    shown = HiddenField()  # the difference that the person sees
    comment = TextField(_("Reason of the difference"), max_length=300, render_kw={"list": "count-reasons"})
    place = SelectMultipleField(_("When it was counted"), choices=[], validate_choice=False)  # "12:before", "13:after"

    def of(self, line: Any) -> None:
        """Name the line by its product and lot, for whoever reads of its faults elsewhere."""
        self.title = f"{line.product.name} {line.lot.number}"

    @property
    def came(self) -> dict[int, str]:
        """Return whether movements, by id, came before or after the counting, where the person changed it."""
        said = [str(each).partition(":") for each in self.place.data or ()]
        return {key: when for one, _colon, when in said if (key := whole(one)) and when in (BEFORE, AFTER)}


LOOSE = {"data-loose": ""}


class CountedLine(ReviewedLine):
    """What was found of one lot, in units or in packs and the units beside them; it is stored and compared in units."""

    aside = ("measure", "loose")
    product: Any = None

    typed = HiddenField()  # when, in milliseconds of the server's clock, told by script
    counted = QuantityField(_("Counted"), render_kw={"data-field": "quantity"})
    measure = MeasureField(_("Counted in"))
    loose = QuantityField(_("Loose units"), render_kw=LOOSE)
    size = NumberField(render_kw={"data-size": ""})  # of the pack that the page showed

    entered: tuple[int | None, int | None] | None = None  # what was typed, before it was made units

    def of(self, line: Any) -> None:
        """Name the line and its fields by its product and lot, for whoever reads of them elsewhere."""
        self.product = line.product
        self.title = name = f"{line.product.name} {line.lot.number}"
        for field, words in ((self.counted, _("Counted")), (self.comment, _("Reason of the difference"))):
            field.label.text = f"{words}, {name}"
        self.measure.label.text, self.loose.label.text = f"{_('Counted in')}, {name}", f"{_('Loose units')}, {name}"
        self.measure.choices = measures.choices(line.product, self.size.data)
        self.counted.shown = partial(measures.said, line.product)

    @property
    def packed(self) -> bool:
        """Return whether it was typed in packs."""
        return bool(self.measure.data == measures.PACK)

    def settle(self, line_id: int) -> None:
        """Let `counted` be in base units, however it was typed; which pack is meant is asked where it changed."""
        self.entered = self.entered or (self.counted.data, self.loose.data)
        if self.packed and self.product is not None:
            self.counted.data = _units(*self.entered, self.measure, self.product, self.size.data, line_id)

    def as_stored(self) -> None:
        """Forget how it was typed, where what another stored takes its place."""
        if self.counted.raw_data is None:
            self.measure.data, self.loose.data, self.loose.raw_data = measures.UNIT, None, None


def _units(
    typed: int | None, loose: int | None, measure: Any, product: Any, shown: int | None, line: int | None = None
) -> int | None:
    """Return the base units of what was typed, None where nothing was."""
    if typed is None and loose is None:
        return None
    field = "extra" if line is None else "counted"
    return measures.in_units(typed or 0, measure.data, product, shown, loose=loose or 0, field=field, line=line)


class LineForms(Form):
    """A form whose lines are those of a count, known by their ids."""

    rehearses = True
    lines: Any

    def by_id(self) -> dict[int, Any]:
        """Return the forms of the lines by line id."""
        return {key: row for row in self.lines.rows if (key := whole(str(row.line_id.data or "")))}

    def refuse(self, error: AmagaraError) -> None:
        """Put a refusal that names a line of the count on that line."""
        self._placed(error)
        super().refuse(error)

    def refuse_beside(self, error: AmagaraError) -> None:
        """Put a refusal of a rehearsal that names a line of the count on that line."""
        self._placed(error)
        super().refuse_beside(error)

    def _placed(self, error: AmagaraError) -> None:
        """Turn the ids of lines into their places in the form."""
        keys = list(self.by_id())
        if isinstance(error, Doubt):
            asked = [(one, keys.index(one.line) if one.line in keys else None) for one in error.questions]
            error.questions = [replace(one, line=place) for one, place in asked]
        for one in getattr(error, "each", (error,)):
            if one.facts.get("line_id") in keys:
                one.facts["line"] = keys.index(one.facts["line_id"])

    def name(self, rows: Iterable[Compared]) -> None:
        """Name each line and its fields by its product and lot."""
        forms = self.by_id()
        for row in rows:
            if (form := forms.get(row.line.id)) is not None:
                form.of(row.line)


class CountForm(LineForms):
    """The sheet of a count: its lines, when they were counted, and a lot that is not on it."""

    spared = ("product",)

    when = ChoiceField(
        _("When were these lines counted?"), {NOW: _("Now, at the shelf"), PAPER: _("Earlier, on paper")}, tiles=True,
        required=True, default=NOW,
    )  # fmt: skip
    day = DateField(_("Counted on"), help=_("Empty means today."))
    time = TimeField(_("At"))
    lines = Lines(CountedLine, _("Lines"))
    product = EntityField(_("Product"), "elmis.product")
    lot = TextField(_("Lot"), max_length=60)
    expiry = ExpiryField(_("Expiry"))
    extra = QuantityField(_("Counted"), render_kw={"data-field": "quantity"})
    extra_measure = MeasureField(_("Counted in"))
    extra_loose = QuantityField(_("Loose units"), render_kw=LOOSE)
    extra_size = NumberField(render_kw={"data-size": ""})  # of the pack that the page showed, told by script
    typed = HiddenField()  # when `extra` was

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether all is right: counted on paper needs its moment, a lot its product and number."""
        right = bool(super().validate(extra_validators))
        asked = {
            "day": self.when.data == PAPER,
            "time": self.when.data == PAPER,
            "product": self.adds,
            "lot": self.adds,
        }
        for name in (name for name, wanted in asked.items() if wanted):
            if self[name].data in (None, "") and not self[name].errors:
                self.fault(name, _("%(label)s: fill this in.", label=self[name].label.text))
                right = False
        return right

    @property
    def packed(self) -> bool:
        """Return whether the lot beside the sheet was counted in packs."""
        return bool(self.extra_measure.data == measures.PACK)

    @property
    def adds(self) -> bool:
        """Return whether a lot that is not on the sheet was named."""
        return bool(self.lot.data or (self.product.raw_data and str(self.product.raw_data[0]).strip()))

    def new(self) -> Line | None:
        """Return the lot that is not on the sheet, or None when none was named, or none that can be read."""
        if not self.adds or any(self[name].errors for name in ("product", "lot", "expiry")):
            return None
        data: Any = self.data
        return Line(data["product"], 1, data["lot"], data["expiry"])

    def said(self) -> datetime | None:
        """Return the moment at which the paper was filled, or None when the shelf is counted now."""
        at: Any = self.time.data
        return moment(self.day.data or today(), at) if self.when.data == PAPER else None

    def reconcile(self) -> None:
        """Merge what others stored: figures meet in base units, however each was typed."""
        self._settle()
        try:
            super().reconcile()
        finally:
            for row in self.by_id().values():
                row.as_stored()

    def _settle(self) -> None:
        for key, row in self.by_id().items():
            row.settle(key)

    def found(self) -> dict[int, Counted]:
        """Return what was counted, by line id."""
        if any(row.entered is None for row in self.by_id().values()):  # in a rehearsal nothing was merged before
            self._settle()
        return {
            key: self._counted(row.counted.data, _sent(row.comment), row.typed.data, row.came)
            for key, row in self.by_id().items()
        }

    def values(self) -> dict[str, Any]:
        """Return what was counted, of a lot that is not on the sheet too, and at which moment a paper was filled."""
        new = self.new()
        apart = None if new is None else self.apart()
        return {"found": self.found(), "new": new, "apart": apart, "at": self.said()}

    def apart(self) -> Counted:
        """Return what was counted of the lot that is not on the sheet."""
        size, product = self.extra_size.data, self.product.data
        units = _units(self.extra.data, self.extra_loose.data, self.extra_measure, product, size)
        return self._counted(units, None, self.typed.data, {})

    def _counted(self, units: int | None, comment: str | None, typed: str | None, came: Mapping[int, str]) -> Counted:
        said = self.said()
        return Counted(units, comment, said or _typed(typed), came, live=said is None)


class ReviewForm(LineForms):
    """The differences of a count, each with its reason."""

    lines = Lines(ReviewedLine, _("Lines"))

    def found(self) -> dict[int, Counted]:
        """Return what is said of the lines, by line id."""
        return {key: Counted(None, _sent(row.comment), None, row.came) for key, row in self.by_id().items()}

    def values(self) -> dict[str, Any]:
        """Return what is said of the lines, and the differences that were seen."""
        return {"found": self.found(), "shown": self.shown()}

    def shown(self) -> dict[int, int]:
        """Return the differences that the person saw, by line id."""
        every = [entry.form for entry in self.lines.entries]  # a rehearsal goes on without lines, but they were seen
        said = {key: str(row.shown.data or "") for row in every if (key := whole(str(row.line_id.data or "")))}
        return {key: int(text) for key, text in said.items() if text.removeprefix("-").isdecimal() and len(text) < 15}


def _sent(field: Any) -> str | None:
    """Return the text of a field, or None when the page did not show it and nothing was merged into it."""
    return str(field.data or "") if field.raw_data != [] else None


def _typed(text: str | None) -> datetime | None:
    """Return when a line was typed, as script has told it; None is the moment of sending."""
    said = str(text or "")
    read = said.isascii() and said.isdecimal() and len(said) < 15
    return min(datetime.fromtimestamp(int(said) / 1000, UTC), utcnow()) if read else None


def words_of(entry: Entry) -> str:
    """Return a movement in a few words: "−20 le 30/11 à 11:02, BS-2026-00003"."""
    at = local(entry.moment[1])
    when = f"{at:%d/%m %H:%M}" if at.date() == entry.moment[0] else f"{entry.moment[0]:%d/%m}"
    sign = "+" if entry.units > 0 else "−"
    return f"{sign}{abs(entry.units)} · {when} · {entry.document or entry.reason}"


def sheet(count: Count, rows: Iterable[Compared], at: str = "") -> CountForm:
    """Return the form of a count, filled with what was kept; `at` is the moment that was said for a paper."""
    form = CountForm(row=count, stored=lambda each: {**_said(at), "lines": _kept(each)})
    form.name(rows)
    return form


def _kept(count: Count) -> list[dict[str, Any]]:
    return [
        {"line_id": line.id, "counted": line.counted, "comment": line.comment, "size": line.product.pack_size}
        for line in count.lines
    ]


def _said(at: str) -> Mapping[str, Any]:
    """Return the head of the sheet: on paper at a moment, else now; a moment that cannot be read is none."""
    try:
        found = local(datetime.fromisoformat(at))
    except (ValueError, OverflowError):
        return {"when": NOW}  # no moment of the page: it would differ from that of the answer
    return {"when": PAPER, "day": found.date(), "time": found.time()}


def sheet_of(count: Count) -> CountForm:
    """Return the form of a count as nobody has touched it."""
    return sheet(with_lines(count), compare(count))


def review_of(count: Count) -> ReviewForm:
    """Return the form of the differences as nobody has touched it."""
    return review(with_lines(count), compare(count))


def review(count: Count, rows: Iterable[Compared]) -> ReviewForm:
    """Return the form of the differences."""
    form = ReviewForm(row=count, stored=lambda each: {"lines": _kept(each)})
    form.name(rows)
    return form


class ChosenLine(SubForm):
    """A product that shall be counted."""

    product = article_field()


class StartForm(Form):
    """What shall be counted, and in which store."""

    store = ChoiceField(_("Store"), required=True)
    what = ChoiceField(
        _("What to count"),
        WHAT,
        required=True, tiles=True, default=ALL,
    )  # fmt: skip
    products = Lines(ChosenLine, _("Products to count"), maximum=200)

    def values(self) -> dict[str, Any]:
        """Return what shall be counted: the store, where there are several, and the products that were chosen."""
        products = [row["product"] for row in self.products.data] if self.what.data == CHOSEN else []
        return {"what": self.what.data, "products": products, "store": self.store.data if "store" in self else None}


def open_form(facility: Facility) -> StartForm:
    """Return the form that opens a count; the store is asked where there are several."""
    form = StartForm()
    named = [(store.id, store.name or _("Main store")) for store in stores(facility)]
    if len(named) < 2:
        del form.store
    else:
        form.store.choices = named
    return form
