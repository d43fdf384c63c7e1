"""The form of labels: how many of each, on which format, and where the printer begins."""

from decimal import Decimal
from typing import Any

from core.contract.words import _
from core.labels.device import MEASURES, OWN, Device, own_format
from core.labels.formats import FORMATS, Format
from core.labels.services import MOST_OF_ONE, MOST_ROWS
from core.web.fields import wrong
from core.web.forms import ChoiceField, DecimalField, Form, Lines, NumberField, QuantityField, SubForm

LARGEST = 1000  # mm
OWN_FIELDS = (
    "width",
    "height",
    "columns",
    "lines",
    "page_width",
    "page_height",
    "left",
    "top",
    "across",
    "down",
    "inset",
)
CHOICES = {code: each.name for code, each in FORMATS.items()} | {OWN: _("Own format")}


class RowForm(SubForm):
    """How many labels of a row."""

    id = NumberField()
    count = QuantityField(_("Labels"), maximum=MOST_OF_ONE)


def _mm(label: Any, help: Any = "", least: int = 0, most: int = LARGEST) -> DecimalField:
    return DecimalField(label, help=help, minimum=least, maximum=most, places=2)


class SheetForm(Form):
    """Labels on a sheet or roll."""

    rows = Lines(RowForm, maximum=MOST_ROWS)
    format = ChoiceField(_("Sheet or roll"), CHOICES, required=True, default=next(iter(FORMATS)))
    first = QuantityField(
        _("First free label of the sheet"), minimum=1, maximum=500,
        help=_("Counted from left to right, row by row. 1 is a new sheet."),
    )  # fmt: skip
    right = _mm(_("Shift to the right (mm)"), _("Where it prints too far left; below 0 shifts to the left."), -20, 20)
    lower = _mm(_("Shift downwards (mm)"), _("Where it prints too high; below 0 shifts upwards."), -20, 20)
    page_width = _mm(_("Width of the page (mm)"), _("Empty for a roll."))
    page_height = _mm(_("Height of the page (mm)"), _("Empty for a roll."))
    width = _mm(_("Width of a label (mm)"))
    height = _mm(_("Height of a label (mm)"))
    columns = QuantityField(_("Labels side by side"), minimum=1, maximum=50)
    lines = QuantityField(_("Labels one below the other"), minimum=1, maximum=50)
    left = _mm(_("Margin on the left (mm)"))
    top = _mm(_("Margin above (mm)"))
    across = _mm(_("Gap between labels side by side (mm)"))
    down = _mm(_("Gap between labels one below the other (mm)"))
    inset = _mm(_("White border of a label (mm)"), _("Printers cannot reach the edge of a sheet."), 0, 20)

    def validate_format(self, field: Any) -> None:
        """Refuse an own format whose labels do not lie on its page."""
        if field.data == OWN and self.own() is None:
            raise wrong(_("Say how large a label and its page are: the labels have to lie on the page."))

    def own(self) -> Format | None:
        """Return the format of one's own, or None where it is not said, or does not fit its page."""
        width, height = _float(self.width.data), _float(self.height.data)
        if min(width, height) <= 0:
            return None
        page = _float(self.page_width.data), _float(self.page_height.data)
        try:
            return own_format(
                page if all(page) else (0.0, 0.0), self.columns.data or 1, self.lines.data or 1,
                width=width, height=height, left=_float(self.left.data), top=_float(self.top.data),
                across=_float(self.across.data), down=_float(self.down.data),
                inset=1.5 if self.inset.data is None else _float(self.inset.data),
            )  # fmt: skip
        except ValueError:
            return None

    def chosen(self) -> Format:
        """Return the format that was chosen."""
        own = self.own()
        return own if self.format.data == OWN and own else FORMATS[self.format.data]

    def device(self, printed: int) -> Device:
        """Return what the device remembers after so many labels: on a sheet that was begun, the next free one."""
        format = self.chosen()
        first = (self.place - 1 + printed) % format.number + 1
        return Device(self.format.data, first, *self.shift, self.own())

    @property
    def shift(self) -> tuple[float, float]:
        """Return by how many mm everything goes to the right and down."""
        return _float(self.right.data), _float(self.lower.data)

    @property
    def measures(self) -> list[Any]:
        """Return the fields of one's own format."""
        return [self[name] for name in OWN_FIELDS]

    @property
    def place(self) -> int:
        """Return the place of the first label, from 1; beyond the sheet it is that of a new one."""
        first = self.first.data or 1
        return first if first <= self.chosen().number else 1


def filled(device: Device) -> dict[str, Any]:
    """Return what the form begins with on a device."""
    own, found = device.own, dict[str, Any](format=device.format, first=device.first)
    found |= {"right": _decimal(device.right), "lower": _decimal(device.down)}
    if own is not None:
        found |= {name: _decimal(getattr(own, name)) for name in MEASURES}
        found |= {"columns": own.columns, "lines": own.rows}
        if own.page[0]:
            found |= {"page_width": _decimal(own.page[0]), "page_height": _decimal(own.page[1])}
    return found


def _float(value: Decimal | None) -> float:
    return float(value or 0)


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))
