"""The forms of transfers, and of requests for them."""

from collections.abc import Mapping
from typing import Any

from wtforms.widgets import HiddenInput

from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import EntityField, FacilityField, Form, Lines, LongText, QuantityField
from plugins.elmis.lots.lines import Line
from plugins.elmis.orders.forms import EmptyForm
from plugins.elmis.orders.shipping import ways_from
from plugins.elmis.store.forms import FromStore, MeasuredLine, choose_store, units_of


class AskForm(Form):
    """From whom, of which lot, how much is asked for, and why."""

    supplier = FacilityField(_("From"), required=True, widget=HiddenInput())
    lot = EntityField(_("Lot"), "elmis.lot", required=True, widget=HiddenInput())
    quantity = QuantityField(_("Quantity"), required=True, minimum=1)
    reason = LongText(
        _("Reason"), required=True, max_length=500, help=_("The holder reads it and accepts, or refuses with a reason.")
    )


class TransferForm(FromStore, EmptyForm):
    """Goods sent to another facility without an order."""

    rehearses = True

    lines = Lines(MeasuredLine, _("Lines"), minimum=1)

    def values(self) -> dict[str, Any]:
        """Return the receiver, the journey, the store and the lines, in base units."""
        lines = [Line(row["product"], units_of(row, n), row["lot"] or "") for n, row in enumerate(self.lines.data)]
        store_id = self.store.data if "store" in self else None
        return {**super().values(), "lines": lines, "store_id": store_id}


def transfer_form(source: Facility, start: Mapping[str, Any] | None = None) -> TransferForm:
    """Return the form of what a facility sends, filled with a start."""
    filled: dict[str, Any] = {"data": start} if start else {}
    form = choose_store(TransferForm(**filled), source)
    form.facility.limits = {"kinds": ways_from(source)}
    return form
