"""The pages of offers."""

import json
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.nouns.pages import pages
from core.nouns.views import show
from core.web.documents import answer, paper
from core.web.pages import get_or_404, permission
from plugins.gmao.donations.models import CHECKS, OUTCOMES, WHYS, Offer, OfferCheck, OfferItem
from plugins.gmao.donations.services import entered
from plugins.gmao.donations.states import DECIDED, EXAMINED, MACHINE
from plugins.gmao.donations.tables import ItemTable, OfferTable
from plugins.gmao.donations.verbs import MAKE
from plugins.gmao.rights import OFFER, VIEW

TEMPLATES = "gmao/donations/"
bp = Blueprint("gmao_offers", __name__, template_folder="../templates", url_prefix="/gmao/offers")
items = Blueprint("gmao_offer_items", __name__, template_folder="../templates", url_prefix="/gmao/offer-items")


def said(check: OfferCheck) -> dict[str, Any]:
    """Return a check in words: what it is, its outcome, and why."""
    why = check.note if check.judged_by else WHYS[check.why] % json.loads(check.figures)
    return {
        "kind": check.kind, "label": CHECKS[check.kind], "outcome": OUTCOMES[check.outcome], "why": why,
        "by": check.judged_by,
    }  # fmt: skip


def _with_checks(row: Offer) -> list[tuple[OfferItem, list[dict[str, Any]]]]:
    """Return the items of an offer, each with its checks in words."""
    query = select(OfferItem).where(OfferItem.offer_id == row.id).order_by(OfferItem.id)
    query = query.options(*(selectinload(each) for each in (OfferItem.checks, OfferItem.type, OfferItem.model)))
    return [(item, [said(check) for check in item.checks]) for item in db.session.scalars(query)]


def drawn(row: Offer) -> Any:
    """Return the page of an offer: what is offered, what was found of it, and what it became."""
    pieces = [one.equipment for one in entered(row) if one.equipment is not None] if row.state in DECIDED else []
    letter = url_for("gmao_offers.letter", id=row.id) if row.decided_on else ""
    return show(row, f"{TEMPLATES}show.html", items=_with_checks(row), pieces=pieces, letter=letter)


def drawn_item(item: OfferItem) -> Any:
    """Return the page of an item: each check with its outcome and reason."""
    checks = [said(check) for check in item.checks]
    judging = item.offer.state == EXAMINED and current().can(OFFER, item.facility)
    return show(item, f"{TEMPLATES}item.html", checks=checks, judging=judging)


pages(bp, OfferTable, MAKE, _("What donors offer, whether it can serve, and what was decided."), drawn)
pages(items, ItemTable, None, _("What is offered, and what is told of it."), drawn_item)


@bp.get("/<int:id>/letter")
@permission(VIEW)
def letter(id: int) -> Any:
    """Return the letter to the donor (PDF): what was decided, and why."""
    row = get_or_404(Offer, id)
    MACHINE.refuse_unless(row, *DECIDED)
    found = _with_checks(row)
    content = paper(
        f"{TEMPLATES}letter.html", _("Your offer of equipment"), row.number, row.facility.name, offer=row, items=found
    )
    return answer(row.number, content)
