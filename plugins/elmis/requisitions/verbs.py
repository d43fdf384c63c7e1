"""What is done to requisitions, and that a month is declared complete."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _, ngettext
from core.facilities.models import Facility
from core.jobs.models import Job
from core.jobs.services import enqueue
from plugins.elmis.ledger.models import StockReport
from plugins.elmis.requisitions import country, services, steps
from plugins.elmis.requisitions.changing import Changed, change
from plugins.elmis.requisitions.forms import propose_form, reason_form, sent_form
from plugins.elmis.requisitions.models import EDIT, VIEW, Requisition
from plugins.elmis.requisitions.states import MACHINE

SAID = {
    "confirm": _("The requisition was confirmed. The approver was told."),
    "report": _("The report was sent."),
    "authorise": _("The requisition was authorised."),
    "approve": _("The requisition was approved. The depot was told."),
    "pass_on": _("The requisition was approved and passed on."),
    "return": _("The requisition was returned to the facility."),
    "revise": _("The requisition is open for changes."),
    "cancel": _("The requisition was cancelled."),
    "convert": _("The order is ready to be prepared."),
}


def _locked(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a service that is given the requisition locked and fresh, of the version that was seen."""

    def done(row: Requisition, version: int | None = None, **said: Any) -> Any:
        return run(services.load(row.id, version), **said)

    return done


def _step(action: str, run: Callable[..., Any]) -> Verb:
    reasoned = any(step.action == action and step.needs_reason for step in MACHINE.transitions)
    return MACHINE.verb(
        action, Requisition, _locked(run), form=partial(reason_form, action) if reasoned else None, said=SAID[action],
        offered=partial(_possible, action),
    )  # fmt: skip


def _possible(action: str, row: Requisition) -> bool:
    return any(step.action == action for step in steps.actions(row))


def _changed(done: Changed) -> Any:
    words = ngettext("%(num)d quantity was changed.", "%(num)d quantities were changed.", done.number)
    return SAID[done.step] if done.step else words


def _on(done: Changed) -> str:
    return url_for("requisitions.show", id=done.row.id, view=None if done.step else done.view or None)


def _declare(facility: Facility) -> StockReport:
    return services.report(facility, country.last_month())


def _propose_all() -> Job:
    return enqueue(country.KIND, _("Propose all requisitions"))


PROPOSE = Verb(
    "elmis.requisition.propose", _("Propose a requisition"), EDIT, services.propose, None, propose_form,
    lambda row: _("The requisition %(number)s was computed.", number=row.number), page="requisitions.new",
)  # fmt: skip
CHANGE = Verb(
    "elmis.requisition.change", _("Save the quantities"), VIEW, change, Requisition, sent_form, _changed, _on,
    "requisitions.save", offline=(), kept_rows=steps.drafts,
)  # fmt: skip
VERBS = [
    PROPOSE, CHANGE,
    *(_step(action, run) for action, run in services.STEPS.items()),
    Verb(
        "elmis.requisition.recalculate", _("Compute anew"), EDIT, _locked(services.recalculate), Requisition,
        said=_("The requisition was computed anew. What you had typed was kept."),
    ),
    Verb(
        "elmis.requisition.propose_all", _("Propose all requisitions"), EDIT, _propose_all, said=_("Started."),
        to=lambda job: url_for("jobs.show", id=job.id), strong=True,
    ),
]  # fmt: skip
DECLARE = Verb(
    "elmis.stock_report.declare", _("Declare the month complete"), EDIT, _declare, Facility,
    said=_("The month is declared complete."), to="requisitions.index",
)  # fmt: skip
