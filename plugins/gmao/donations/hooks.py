"""What offers give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.gmao.donations.models import (
    ANSWERS,
    CHECKS,
    CONDITIONS,
    OUTCOMES,
    SUPPLIES,
    Offer,
    OfferCheck,
    OfferItem,
    OfferPiece,
)
from plugins.gmao.donations.settings import SETTINGS as SETTINGS  # the plugin's hook of that name
from plugins.gmao.donations.states import CLOSED, DECLINED, MACHINE, RECEIVED
from plugins.gmao.donations.tables import ItemTable, OfferTable
from plugins.gmao.donations.verbs import OF_ITEMS, VERBS
from plugins.gmao.donations.views import bp, items
from plugins.gmao.menu import REGISTER
from plugins.gmao.rights import VIEW

LIST = "gmao_offers.index"
TOLD = dict.fromkeys(("manual", "service", "training"), ANSWERS)
BLUEPRINTS = [bp, items]
ENTITIES = [
    Entity(
        "gmao.offer", Offer, _("Offer of equipment"), _("Offers of equipment"), "gmao_offers.show", VIEW, OfferTable,
        "inbox", ("number", "donor", "project"), words={"state": MACHINE.states}, machine=MACHINE, verbs=VERBS,
        attachments=True, comments=True, index=LIST,
    ),
    Entity(
        "gmao.offer_item", OfferItem, _("Offered item"), _("Offered items"), "gmao_offer_items.show", VIEW, ItemTable,
        words={"condition": CONDITIONS, "consumables": SUPPLIES, **TOLD}, named=("offer_id", "type_id"), verbs=OF_ITEMS,
        attachments=True, index="gmao_offer_items.index",
    ),
    Entity(
        "gmao.offer_check", OfferCheck, _("Check of an offer"), _("Checks of offers"), permission=VIEW,
        words={"kind": CHECKS, "outcome": OUTCOMES}, named=("item_id", "kind"),
    ),
    Entity(
        "gmao.offer_piece", OfferPiece, _("Piece of a donation"), _("Pieces of donations"), permission=VIEW,
        named=("item_id", "equipment_id"),
    ),
]  # fmt: skip
MENU = [MenuItem(_("Offers of equipment"), LIST, VIEW, REGISTER, "inbox", order=337)]
OVER = (CLOSED, DECLINED, RECEIVED)


def panels(obj: Any) -> list[Panel]:
    """Return the offers to a facility on its page, where there are any."""
    if not isinstance(obj, Facility):
        return []
    return listed(OfferTable, Offer.facility == obj, {"f.facility": obj.name}, order=58, empty=False)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the offers to a facility that are not at their end."""
    waiting = named(Offer, Offer.state.not_in(OVER), Offer.facility_id == facility.id)
    words, detail = _("Offers of equipment under way: %(n)s"), _("Receive, decline or close them.")
    yield from under_way(waiting, words, detail, "gmao_offers.show", LIST, {"f.facility": facility.name})
