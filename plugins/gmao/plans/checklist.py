"""Going through a checklist: each point is conform, not conform or not done; a measured value gives its verdict."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.calendar import local
from core.data.db import db
from core.data.errors import Invalid
from core.data.work import ask, tell
from plugins.gmao.plans.models import FAIL, NOT_DONE, PASS, ChecklistRun, ChecklistStep, StepResult
from plugins.gmao.rights import WORK
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import DONE, MACHINE, OPEN

FACTS = ("position", "label_fr", "label_en", "unit", "least", "most")


def steps_of(order: WorkOrder) -> Sequence[ChecklistStep]:
    """Return the points of the checklist of an order's piece, in their order; none where its type has none."""
    if order.equipment is None:
        return []
    query = select(ChecklistStep).where(ChecklistStep.type_id == order.equipment.type_id)
    return db.session.scalars(query.order_by(ChecklistStep.position)).all()


def latest_run(order: WorkOrder) -> ChecklistRun | None:
    """Return the checklist that holds for an order: the one that was gone through last."""
    query = select(ChecklistRun).where(ChecklistRun.order_id == order.id).order_by(ChecklistRun.id.desc())
    return db.session.scalars(query.limit(1)).first()


def results_of(run: ChecklistRun) -> Sequence[StepResult]:
    """Return what was found, in the order of the points."""
    return db.session.scalars(select(StepResult).where(StepResult.run_id == run.id).order_by(StepResult.position)).all()


def go_through(
    order: WorkOrder, *, lines: Sequence[dict[str, Any]], all_conform: bool = False, note: str = ""
) -> ChecklistRun:
    """Return a checklist as it was gone through. A line says of a `step` (its id) the `verdict`, or the `value` where
    one is measured; with `all_conform` points that need no value and of which nothing is said are conform.

    Raises Invalid, at each line, for a point of which nothing is said, and for one that is not conform or was not done
    without a remark; a value outside its limits is not conform, whatever is said.
    """
    current().require(WORK, order.facility)
    MACHINE.refuse_unless(order, *OPEN, DONE)
    steps, said = steps_of(order), {line["step"]: line for line in lines}
    if not steps:
        raise Invalid({"all_conform": _("There is no checklist for this type of equipment.")})
    at = {line["step"]: number for number, line in enumerate(lines)}
    results, wrong = [], dict[str, Any]()
    for number, step in enumerate(steps):
        line = said.get(step.id, {})
        result, fault = _result(step, line, all_conform)
        if result is None:
            wrong[f"lines-{at.get(step.id, number)}-{fault[0]}"] = fault[1]
        else:
            results.append(result)
    if wrong:
        raise Invalid(wrong)
    _ask_again(order)
    run = ChecklistRun(order=order, done_by=current().signed, done_by_id=current().user_id, note=note.strip())
    db.session.add(run)
    db.session.flush()
    for result in results:
        result.run = run
    db.session.add_all(results)
    db.session.flush()
    if failed := sum(result.verdict == FAIL for result in results):
        tell(_("Points that are not conform: %(n)s. Say it in the work that you note, or plan a repair.", n=failed))
    return run


def _ask_again(order: WorkOrder) -> None:
    """Ask whether a checklist takes the place of one that somebody has gone through: an older page may come last."""
    db.session.refresh(order, ["id"], with_for_update=True)  # of two at once the second sees the first
    if (before := latest_run(order)) is None:
        return
    failed = sum(each.verdict == FAIL for each in results_of(before))
    words = _(
        "%(who)s went through it on %(when)s, points not conform: %(n)s. Shall yours take its place? Both are kept.",
        who=before.done_by, when=f"{local(before.done_at):%d/%m/%Y %H:%M}", n=failed,
    )  # fmt: skip
    ask("again", words, about=f"{order.id}/{before.id}")


def _result(step: ChecklistStep, line: dict[str, Any], all_conform: bool) -> tuple[StepResult | None, tuple[str, Any]]:
    """Return the result of a point, or the field and the words of what is missing."""
    verdict, value = line.get("verdict"), line.get("value")
    note = (line.get("note") or "").strip()
    if step.measured and value is not None:
        verdict = FAIL if verdict == FAIL else step.verdict(Decimal(value))
    elif step.measured and verdict == PASS:
        return None, ("value", _("Give the value that was measured."))
    elif verdict is None and all_conform and not step.measured:
        verdict = PASS
    if verdict is None:
        words = _("Give the value, or say that it was not done.") if step.measured else _("Say whether it is conform.")
        return None, ("value" if step.measured else "verdict", words)
    outside = step.measured and value is not None and verdict == FAIL
    if verdict in (FAIL, NOT_DONE) and not note and not outside:
        return None, ("note", _("Say what is wrong.") if verdict == FAIL else _("Say why it was not done."))
    facts = {name: getattr(step, name) for name in FACTS}
    return StepResult(**facts, verdict=verdict, value=value if step.measured else None, note=note), ("", "")
