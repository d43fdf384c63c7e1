"""What is done about recalls."""

from collections.abc import Callable
from typing import Any

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import ReasonForm
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.recalls import services
from plugins.elmis.recalls.forms import DestroyForm, PlaceForm, ProposeForm, SendBackForm
from plugins.elmis.recalls.machines import RECALL, SAID, SITE
from plugins.elmis.recalls.models import VIEW, Recall


def _there(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step of a place's line as a step of the recall: the line is made when the lot has come there since."""

    def at_place(recall: Recall, place: Facility, **said: Any) -> Any:
        return run(services.site_of(recall.id, place), **said)

    return at_place


def _at(action: str, run: Callable[..., Any], form: Any = PlaceForm, page: str = "", said: Any = "") -> Verb:
    step = next(each for each in SITE.transitions if each.action == action)
    return Verb(
        f"{RECALL.name}.{action}", step.label, step.permission, _there(run), Recall, form, said or SAID[action],
        page=page, strong=step.strong,
    )  # fmt: skip


PROPOSE = Verb(
    "elmis.recall.propose", _("Propose a recall"), VIEW, services.propose, Lot, ProposeForm,
    lambda made: _("%(number)s was sent to who may recall; set the lot apart meanwhile.", number=made.number),
    page="recalls.propose",
)  # fmt: skip
AT_PLACE = {
    verb.action: verb
    for verb in (
        _at("destroy", services.destroy, DestroyForm, "recalls.at_place"),
        _at("send_back", services.send_back, SendBackForm, "recalls.at_place",
            lambda sent: _("%(number)s is on the way.", number=sent.number)),
    )
}  # fmt: skip
VERBS = [
    PROPOSE,
    RECALL.verb("refuse", Recall, services.refuse, form=ReasonForm, said=SAID["refuse"]),
    _at("acknowledge", services.acknowledge),
    _at("quarantine", services.quarantine),
    _at("release", services.release),
    *AT_PLACE.values(),
]
