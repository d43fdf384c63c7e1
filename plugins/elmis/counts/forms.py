"""The forms of a count."""

from typing import Any

from core.contract.words import _
from core.web.address import whole
from core.web.forms import (
    ChoiceField,
    DateField,
    EntityField,
    Form,
    HiddenField,
    Lines,
    QuantityField,
    SubForm,
    TextField,
)
from plugins.elmis.counts.models import Count
from plugins.elmis.counts.services import Counted


class CountedLine(SubForm):
    """What was found of one lot."""

    identity = "line_id"

    line_id = HiddenField()
    counted = QuantityField(_("Counted"), render_kw={"data-field": "quantity"})
    comment = TextField(_("Reason of the difference"), max_length=300)


class CountForm(Form):
    """The sheet of a count."""

    lines = Lines(CountedLine, _("Lines"))

    def found(self) -> dict[int, Counted]:
        """Return what was counted, by line id."""
        return {
            line_id: Counted(row["counted"], row["comment"])
            for row in self.lines.data
            if (line_id := whole(row["line_id"]))
        }


def sheet(count: Count) -> CountForm:
    """Return the form of a count, filled with what was kept."""
    return CountForm(row=count, stored=stored)


def stored(count: Count) -> dict[str, Any]:
    """Return what was kept of a count as its sheet shows it."""
    rows = [{"line_id": line.id, "counted": line.counted, "comment": line.comment} for line in count.lines]
    return {"lines": rows}


class FoundForm(Form):
    """A lot that lies on the shelf and is not on the sheet."""

    product = EntityField(_("Product"), "elmis.product", required=True)
    lot = TextField(_("Lot"), max_length=60, required=True)
    expiry = DateField(_("Expiry"))


class StartForm(Form):
    """What shall be counted."""

    what = ChoiceField(
        _("What to count"),
        {"all": _("The whole store"), "tracers": _("The tracer products"), "cold": _("The cold chain")},
        required=True, tiles=True, default="all",
    )  # fmt: skip


class StepForm(Form):
    """A step of the count, with its reason."""

    reason = TextField(_("Reason"), max_length=300)
