"""What is decided about a lot everywhere, and what is done about recalls."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.reasons import step
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import EDIT, VIEW, Recall, recall_of
from plugins.elmis.lots.services import FATE_LABELS
from plugins.elmis.lots.verbs import of_lot
from plugins.elmis.recalls import services
from plugins.elmis.recalls.forms import DestroyForm, FateForm, PlaceForm, ProposeForm
from plugins.elmis.recalls.machines import RECALL, SAID, SITE

AT_PLACE = "recalls.at_place"


def _there(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step of a place's line as a step of the recall: the line is made when the lot has come there since."""

    def at_place(recall: Recall, place: Facility, **said: Any) -> Any:
        return run(services.site_of(recall.id, place), **said)

    return at_place


def at(action: str, run: Callable[..., Any], form: Any = PlaceForm, page: str = "", said: Any = "") -> Verb:
    """Return the verb of a step that a place takes; `run` is given its line of the recall."""
    step = next(each for each in SITE.transitions if each.action == action)
    return Verb(
        f"{RECALL.name}.{action}", step.label, step.permission, _there(run), Recall, form, said or SAID[action],
        page=page, strong=step.strong,
    )  # fmt: skip


def _fate(action: str, said: Any) -> Verb:
    """Return what is decided about a lot everywhere; a recall leads to its own page."""
    return Verb(
        f"elmis.lot.{action}", FATE_LABELS[action], EDIT, partial(services.decide, action=action), Lot,
        FateForm, said, _after, "fates.decide",
    )  # fmt: skip


def _after(lot: Lot) -> str:
    recall = recall_of(lot.id)
    return url_for("recalls.show", id=recall.id) if recall else of_lot(lot)


FATES = {
    "hold": _fate("hold", _("The lot is on hold.")),
    "recall": _fate("recall", _("The lot is recalled.")),
    "release": _fate("release", _("The lot may be used again.")),
}
PROPOSE = Verb(
    "elmis.recall.propose", _("Propose a recall"), VIEW, services.propose, Lot, ProposeForm,
    lambda made: _("%(number)s was sent to who may recall; set the lot apart meanwhile.", number=made.number),
    page="recalls.propose",
)  # fmt: skip
VERBS = [
    PROPOSE,
    step(RECALL, "refuse", Recall, services.refuse),
    at("acknowledge", services.acknowledge),
    at("quarantine", services.quarantine),
    at("release", services.release),
    at("destroy", services.destroy, DestroyForm, AT_PLACE),
]
