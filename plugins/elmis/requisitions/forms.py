"""The forms of orders: propose, type quantities, give a reason."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.db import db, today
from core.web.forms import ChoiceField, DateField, FacilityField, Form, LongText, NumberField, QuantityField, TextField
from plugins.elmis.replenishment.policies import POLICY_LABELS
from plugins.elmis.requisitions.models import EDIT, KINDS, REGULAR, Requisition, RequisitionLine, quantity_of


class ProposeForm(Form):
    """Whose order, of which day, by which policy."""

    facility = FacilityField(_("Facility"), required=True, permission=EDIT)
    on = DateField(_("Stock of"), required=True, default=today, help=_("The months closed before this day are used."))
    policy = ChoiceField(_("Policy of the CMM"), POLICY_LABELS, required=True, default="adjusted", tiles=True)
    kind = ChoiceField(_("Kind"), KINDS, required=True, default=REGULAR, tiles=True)


class ReasonForm(Form):
    """Why a step is taken."""

    version = NumberField()
    reason = LongText(_("Reason"), required=True, help=_("The people concerned read it."))


class QuantitiesForm(Form):
    """The quantities of the lines that are shown, and one reason for what was changed."""

    version = NumberField()
    reason = TextField(_("Reason for the changes"), render_kw={"maxlength": 300})

    def quantities(self) -> dict[int, int | None]:
        """Return {line id: base units or None}."""
        return {int(field.name[1:]): field.data for field in self if field.name[:1] == "q" and field.name[1:].isdigit()}


def quantities_form(lines: Sequence[RequisitionLine], row: Requisition, careful: bool = False) -> Any:
    """Return the form of these lines, filled with the quantities that hold now; before a step, `careful`, what others
    changed meanwhile is shown and never merged unseen."""
    names = {line.id: f"q{line.id}" for line in lines}
    fields: dict[str, Any] = {names[line.id]: QuantityField(line.product.name) for line in lines}

    def stored(row: Requisition) -> dict[str, Any]:
        columns = (RequisitionLine.id, RequisitionLine.approved, RequisitionLine.requested, RequisitionLine.suggested)
        found = db.session.execute(select(*columns).where(RequisitionLine.id.in_(names)))
        return {"version": row.version} | {names[id_]: quantity_of(*rest) for id_, *rest in found}

    return type("LinesForm", (QuantitiesForm,), {**fields, "careful": careful})(row=row, stored=stored)
