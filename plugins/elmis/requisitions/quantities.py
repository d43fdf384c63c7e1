"""The quantities that are typed on a requisition, each with its reason: the facility's, then the approver's."""

from collections.abc import Mapping

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Invalid, Refused
from core.data.figures import grouped as written
from core.data.naming import headed
from core.data.states import OTHER, Reason, record
from plugins.elmis.requisitions.doubts import ask_quantity
from plugins.elmis.requisitions.models import EDIT, Requisition, RequisitionLine
from plugins.elmis.requisitions.states import MACHINE, OPEN_TO_EDITS
from plugins.elmis.requisitions.steps import refuse_unless_open, signing, step

LARGEST = 10**12  # base units: more is a slip of the keyboard
Typed = Mapping[int, int | None]
Wanted = Mapping[RequisitionLine, int | None]
Reasons = Mapping[int, str]  # {line id: the code of a reason, or the person's own words}


def type_quantities(row: Requisition, typed: Typed, reasons: Reasons) -> int:
    """Write typed quantities, as the facility's or as the approver's by the state; return how many changed."""
    return (change if row.state in OPEN_TO_EDITS else reduce)(row, typed, reasons)


def change(row: Requisition, typed: Typed, reasons: Reasons) -> int:
    """Write the quantities the facility asks for, {line id: base units or None}; return how many changed.

    None or the suggested figure takes the suggestion back. Any other figure needs a reason, unless there
    was no CMM to suggest one; what is unusually large is asked about.
    """
    current().require(EDIT, row.facility)
    refuse_unless_open(row)
    wanted = {line: None if value == (line.suggested or 0) else value for line, value in _lines(row, typed)}
    needed = {line for line, value in wanted.items() if value not in (None, line.requested) and line.cmm is not None}
    _refuse(_impossible(wanted) | _wordless(wanted, reasons) | _unexplained(needed, reasons, "reason", "change"))
    changed = sum([_ask(line, value, reasons.get(line.id, "")) for line, value in wanted.items()])
    if changed:
        if row.state in ("suggested", "returned"):
            step(row, "revise")
        row.version += 1
        db.session.flush()
    return changed


def _ask(line: RequisitionLine, wanted: int | None, reason: str) -> bool:
    """Return whether the quantity that the facility asks for was changed; its reason may change alone."""
    words = reason.strip() or line.reason
    if wanted == line.requested:
        line.reason = "" if wanted is None else words[:300]
        return False
    if wanted is not None:
        ask_quantity(line, wanted)
    before = line.requested if line.requested is not None else line.suggested
    line.requested, line.reason = wanted, "" if wanted is None else words[:300]
    remember(line, "change", before, line.suggested if wanted is None else wanted, words)
    return True


def reduce(row: Requisition, typed: Typed, reasons: Reasons) -> int:
    """Write the quantities an approver grants, none above what was asked; return how many changed."""
    with signing(row):
        return _reduce(row, typed, reasons)


def _reduce(row: Requisition, typed: Typed, reasons: Reasons) -> int:
    granted = {line: None if value == line.asked else value for line, value in _lines(row, typed)}
    above = {line for line, value in granted.items() if value is not None and value > line.asked}
    raised = {f"q{line.id}": _("An approver may reduce a quantity, not raise it.") for line in above}
    needed = {line for line, value in granted.items() if value not in (None, line.approved)} - above
    explained = _wordless(granted, reasons) | _unexplained(needed, reasons, "approval_reason", "reduce")
    _refuse(_impossible(granted) | raised | explained)
    changed = sum([_grant(line, value, reasons.get(line.id, "")) for line, value in granted.items()])
    row.version += bool(changed)
    db.session.flush()
    return changed


def _grant(line: RequisitionLine, granted: int | None, reason: str) -> bool:
    words = reason.strip() or line.approval_reason
    before, same = line.quantity, granted == line.approved
    line.approved, line.approval_reason = granted, "" if granted is None else words[:300]
    if not same:
        remember(line, "reduce", before, line.quantity, words)
    return not same


def _refuse(faults: Mapping[str, Words]) -> None:
    """Raise Invalid with everything that is wrong, each at its field; nothing when all is right."""
    if faults:
        raise Invalid(faults)


def _impossible(typed: Wanted) -> dict[str, Words]:
    """Return the words at every figure that cannot be."""
    wrong = [line for line, value in typed.items() if value is not None and not 0 <= value <= LARGEST]
    return {f"q{line.id}": _("Give a whole number of units, 0 or more.") for line in wrong}


def _wordless(typed: Wanted, reasons: Reasons) -> dict[str, Words]:
    """Return the words at every line whose reason is another one that nobody wrote."""
    bare = [line for line, value in typed.items() if value is not None and reasons.get(line.id, "").strip() == OTHER]
    return {f"say{line.id}": _("%(product)s: write which other reason.", product=line.product.name) for line in bare}


def _unexplained(lines: set[RequisitionLine], reasons: Reasons, kept: str, action: str) -> dict[str, Words]:
    """Return the words at every line whose quantity needs a reason and has none, naming its article."""
    without = [line for line in lines if not (reasons.get(line.id, "").strip() or getattr(line, kept))]
    return {
        f"why{line.id}": _("%(product)s: say why you ask for another quantity than suggested.",
                           product=line.product.name) if action == "change"
        else _("%(product)s: say why you reduce the quantity.", product=line.product.name)
        for line in sorted(without, key=lambda line: line.id)
    }  # fmt: skip


def _lines(row: Requisition, typed: Typed) -> list[tuple[RequisitionLine, int | None]]:
    """Return the lines with what was typed for each; Refused for a line that is of no requisition, or of another."""
    lines = {line.id: line for line in row.lines}
    if unknown := set(typed) - set(lines):
        raise Refused(_("This requisition has no such line: %(line)s.", line=min(unknown)))
    return [(lines[key], value) for key, value in typed.items()]


def remember(line: RequisitionLine, action: str, before: int | None, after: int | None, reason: str) -> None:
    """Keep a changed quantity in the requisition's history, beside the audit trail."""
    row = line.requisition
    old, new = ("–" if value is None else written(value) for value in (before, after))
    text = headed(line.product.name, f"{old} → {new}")
    reasons = MACHINE.reasons[action]
    said = Reason(reason, "", reasons) if reason in reasons else Reason(OTHER, reason, reasons)
    record(row, action, row.state, row.state, said, text)
