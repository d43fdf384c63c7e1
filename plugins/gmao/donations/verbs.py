"""What is done with offers and their items."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.gmao.donations import services
from plugins.gmao.donations.forms import (
    ItemForm,
    NewOfferForm,
    OfferForm,
    TermsForm,
    judge_form,
    place_form,
    receive_form,
)
from plugins.gmao.donations.models import Offer, OfferItem
from plugins.gmao.donations.states import AWAITED, EXAMINED, MACHINE, OFFERED
from plugins.gmao.rights import DECIDE, OFFER


def _page(item: OfferItem) -> str:
    return url_for("gmao_offers.show", id=item.offer_id)


MAKE = Verb(
    "gmao.offer.make", _("New offer of equipment"), OFFER, services.offer, Facility, NewOfferForm,
    lambda row: _("%(number)s is recorded. Add what is offered.", number=row.number),
)  # fmt: skip
CHANGE = Verb(
    "gmao.offer.change", _("Change"), OFFER, services.change, Offer, Stored(OfferForm), _("The changes are kept."),
    offered=lambda row: row.state == OFFERED,
)  # fmt: skip
ADD = Verb(
    "gmao.offer.add", _("Add an item"), OFFER, services.add, Offer, ItemForm,
    lambda item: _("%(name)s is added.", name=item.name), _page, offered=lambda row: row.state == OFFERED,
)  # fmt: skip
FORESEE = Verb(
    "gmao.offer.foresee", _("Foresee in the register"), OFFER, services.foresee, Offer, place_form,
    lambda found: _("Pieces foreseen in the register: %(n)s.", n=len(found)),
    lambda found: _page(found[0].item), offered=lambda row: row.state in AWAITED,
)  # fmt: skip
FORMS: dict[str, Any] = {"accept_if": TermsForm, "receive": receive_form}
VERBS = [
    MAKE, CHANGE, ADD, FORESEE,
    *steps(MACHINE, Offer, (), FORMS, examine=services.examine, accept=services.accept, accept_if=services.accept_if,
           decline=services.decline, receive=services.receive),
]  # fmt: skip
OF_ITEMS = [
    Verb(
        "gmao.offer_item.change", _("Change"), OFFER, services.change_item, OfferItem, Stored(ItemForm),
        _("The changes are kept."), offered=lambda item: item.offer.state == OFFERED,
    ),
    Verb(
        "gmao.offer_item.judge", _("Judge a check"), OFFER, services.judge, OfferItem, judge_form,
        _("It is kept what you found."), offered=lambda item: item.offer.state == EXAMINED,
    ),
    Verb(
        "gmao.offer_item.leave", _("Leave out, or take in again"), DECIDE, services.leave_out, OfferItem,
        said=_("The changes are kept."), offered=lambda item: item.offer.state == EXAMINED,
    ),
]  # fmt: skip
