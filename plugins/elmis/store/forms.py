"""The form of a store's document: a head, and lines that a scanner or the keyboard fills."""

from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.db import db, today
from core.facilities.models import Facility
from core.web.forms import (
    ChoiceField,
    DateField,
    EntityField,
    Form,
    Lines,
    LongText,
    QuantityField,
    SubForm,
    TextField,
)
from plugins.elmis.ledger.models import Reason
from plugins.elmis.store.kinds import Kind
from plugins.elmis.store.services import Header, Line


class LineForm(SubForm):
    """A product, its lot and a quantity in base units."""

    product = EntityField(_("Product"), "elmis.product", required=True, render_kw={"data-field": "product"})
    lot = TextField(_("Lot"), max_length=60, render_kw={"data-field": "lot"})
    expiry = DateField(_("Expiry"), render_kw={"data-field": "expiry"})
    quantity = QuantityField(_("Quantity"), required=True, minimum=1, render_kw={"data-field": "quantity"})


class StoreForm(Form):
    """A document of a store; fields that a kind does not use are taken away."""

    occurred_on = DateField(_("Date"), required=True, default=today)
    reason = ChoiceField(_("Reason"), required=True)
    counterpart = TextField(_("From / to"), max_length=200)
    reference = TextField(_("Number of the paper"), max_length=60, help=_("As on the supplier's delivery note."))
    comment = LongText(_("Comment"), max_length=300)
    lines = Lines(LineForm, _("Lines"), minimum=1)

    def header(self, kind: Kind) -> Header:
        """Return what all lines share."""
        said = {name: self[name].data or "" for name in ("counterpart", "reference", "comment") if name in self}
        reason = self.reason.data if "reason" in self else kind.reasons[0]
        return Header(self.occurred_on.data or today(), str(reason), **said)

    def rows(self) -> list[Line]:
        """Return the lines that were filled in."""
        return [Line(row["product"], row["quantity"], row["lot"], row.get("expiry")) for row in self.lines.data]


def form_for(kind: Kind, facility: Facility) -> StoreForm:
    """Return the form of a kind of document at a facility."""
    form = StoreForm()
    if len(kind.reasons) == 1:
        del form.reason
    else:
        offered = select(Reason).where(Reason.code.in_(kind.reasons), Reason.active)
        rows = db.session.scalars(offered.order_by(Reason.id))
        form.reason.choices = [("", _("Choose …")), *((row.code, row.label) for row in rows)]
    if not kind.fresh:
        del form.reference
    _counterpart(form, kind, facility)
    return form


def _counterpart(form: StoreForm, kind: Kind, facility: Facility) -> None:
    """Ask for the supplier or the ward, where the kind has one; a ward is offered from those of the facility."""
    if not kind.counterpart_kind:
        del form.counterpart
        return
    form.counterpart.label.text = kind.counterpart
    if kind.counterpart_kind == "ward":
        form.wards = wards(facility)


def wards(facility: Facility) -> list[str]:
    """Return the names of a facility's wards and services."""
    query = select(Facility.name).where(Facility.parent_id == facility.id).order_by(Facility.name)
    return list(db.session.scalars(query))


def found(found_one: Any) -> dict[str, Any]:
    """Return what a scan fills into a line."""
    product, unclear = found_one.product, found_one.pack and found_one.quantity is None
    return {
        "product": {"value": product.code, "label": f"{product.code} · {product.name}"},
        "lot": found_one.lot,
        "expiry": found_one.expiry.isoformat() if found_one.expiry else "",
        "quantity": "" if unclear else found_one.quantity or 1,
        **({"doubt": str(found_one.doubt)} if found_one.doubt else {}),
    }
