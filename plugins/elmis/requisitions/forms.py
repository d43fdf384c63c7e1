"""The forms of requisitions: propose, type quantities, give a reason."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from flask import request
from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.states import OTHER
from core.web.fields import ButtonField
from core.web.forms import (
    BooleanField,
    ChoiceField,
    DateField,
    FacilityField,
    Form,
    HiddenField,
    NumberField,
    QuantityField,
    TextField,
)
from core.web.reasons import CodedForm, coded_form
from plugins.elmis.formulas.policies import POLICY_LABELS, USUAL
from plugins.elmis.requisitions.models import (
    APPROVE,
    APPROVER_REASONS,
    EDIT,
    FACILITY_REASONS,
    KINDS,
    REGULAR,
    Requisition,
    RequisitionLine,
    quantity_of,
)
from plugins.elmis.requisitions.states import MACHINE, WAITING_APPROVAL

TAKEN_AT_ONCE = {step.action: step.label for step in MACHINE.transitions if not step.needs_reason}


class ProposeForm(Form):
    """Whose requisition, of which day, by which policy."""

    facility = FacilityField(_("Facility"), required=True, permission=EDIT)
    on = DateField(_("Stock of"), required=True, default=today, help=_("The months closed before this day are used."))
    policy = ChoiceField(
        _("Policy of the CMM"), POLICY_LABELS, required=True, default=USUAL, tiles=True,
        help=_("Sources: consumption per month in stock, MDS-3; months made up for stock-outs, OpenLMIS 3."),
    )  # fmt: skip
    kind = ChoiceField(_("Kind"), KINDS, required=True, default=REGULAR, tiles=True)

    def values(self) -> dict[str, Any]:
        """Return whose requisition, of which day, and by which policy: the usual one where none is asked for."""
        policy = str(self.policy.data) if "policy" in self else USUAL
        return {"facility": self.facility.data, "on": self.on.data, "policy": policy, "kind": self.kind.data}


def propose_form(start: Mapping[str, Any] | None = None) -> ProposeForm:
    """Return the form of a proposal, filled with a start; the method is the ministry's: who approves may compare."""
    form = ProposeForm(data=start or {})
    if not current().can(APPROVE):
        del form.policy
    return form


class ReasonForm(CodedForm):
    """Why a step of a requisition is taken, as the page has shown it."""

    version = NumberField()


def reason_form(action: str, row: Requisition) -> ReasonForm:
    """Return the form of the reason of a step, which knows what the requisition was like."""
    return coded_form(MACHINE, action, ReasonForm)(data={"version": row.version})


class QuantitiesForm(Form):
    """The quantities of the lines that are shown, each with the reason of its change."""

    rehearses = True
    typed_in_lines = True

    version = NumberField()
    view = HiddenField()
    then = ButtonField(TAKEN_AT_ONCE)

    def values(self) -> dict[str, Any]:
        """Return what was typed, of which version of the requisition, and the step that is taken at once."""
        return {
            "quantities": self.quantities(), "reasons": self.reasons(), "version": self.version.data or 0,
            "merged": bool(self.saw.data), "then": self.then.data or "", "view": self.view.data or "",
        }  # fmt: skip

    def quantities(self) -> dict[int, int | None]:
        """Return {line id: base units or None}."""
        return {key: self[f"q{key}"].data for key in self.line_ids()}

    def reasons(self) -> dict[int, str]:
        """Return {line id: reason}: its code or own words; one that holds for the following lines is theirs too."""
        found, last = {}, ""
        for key in self.line_ids():
            code, own = self[f"why{key}"].data or "", self[f"say{key}"].data or ""
            found[key] = (own if code == OTHER or not code else code) or last or code  # OTHER alone: without its words
            last = found[key] if self[f"same{key}"].data else last
        return found

    def line_ids(self) -> list[int]:
        """Return the ids of the lines in their order on the page."""
        return [int(field.name[1:]) for field in self if field.name[:1] == "q" and field.name[1:].isdigit()]


def quantities_form(
    lines: Sequence[RequisitionLine], row: Requisition, careful: bool = False, fresh: bool = False
) -> QuantitiesForm:  # fmt: skip
    """Return the form of these lines, filled with the quantities that hold now; before a step, `careful`, what others
    changed meanwhile is shown and never merged unseen. Lines that were read for this very page are `fresh`."""
    waits = row.state in WAITING_APPROVAL
    known, column = (APPROVER_REASONS, "approval_reason") if waits else (FACILITY_REASONS, "reason")
    fields: dict[str, Any] = {}
    for line in lines:
        fields |= _fields(line, known)

    def stored(row: Requisition) -> dict[str, Any]:
        names = ("id", "approved", "requested", "suggested", column)
        values: dict[str, Any] = {"version": row.version}
        for key, *quantities, reason in map(attrgetter(*names), lines) if fresh else _read(lines, names):
            own = bool(reason) and reason not in known
            values |= {f"q{key}": quantity_of(*quantities)}
            values |= {f"why{key}": OTHER if own else reason, f"say{key}": reason if own else ""}
        return values

    return type("LinesForm", (QuantitiesForm,), {**fields, "careful": careful})(row=row, stored=stored)


def sent_form(row: Requisition) -> QuantitiesForm:
    """Return the form of the lines of a requisition that were sent; before anything was, of all."""
    lines = [line for line in row.lines if f"q{line.id}" in request.form or request.method == "GET"]
    return quantities_form(lines, row, careful=bool(request.form.get("then")))


def _read(lines: Sequence[RequisitionLine], names: Iterable[str]) -> Iterable[Any]:
    """Return columns of some lines as they are stored by now, in one statement."""
    columns = [getattr(RequisitionLine, name) for name in names]
    return db.session.execute(select(*columns).where(RequisitionLine.id.in_([line.id for line in lines])))


def _fields(line: RequisitionLine, reasons: Mapping[str, Words]) -> dict[str, Any]:
    """Return the fields of one line: quantity, reason, own words, and whether it holds for the lines after it."""
    name = line.product.name
    return {
        f"q{line.id}": QuantityField(name),
        f"why{line.id}": ChoiceField(
            _("Reason: %(product)s", product=name), {**reasons, OTHER: _("Other: say which")},
            blank=_("Choose a reason"),
        ),
        f"say{line.id}": TextField(_("Reason in your words: %(product)s", product=name), max_length=300),
        f"same{line.id}": BooleanField(_("The same for the following lines")),
    }  # fmt: skip
