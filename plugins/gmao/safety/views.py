"""The pages of safety alerts."""

from typing import Any

from flask import Blueprint, g, request
from sqlalchemy import select

from core.contract.ports import Card
from core.contract.words import _
from core.data.db import db
from core.facilities.models import Facility
from core.nouns.pages import pages
from core.nouns.views import show
from core.web.address import whole
from core.web.pages import get_or_404, number
from plugins.gmao.catalogue.models import EquipmentModel
from plugins.gmao.safety.following import Progress, followed
from plugins.gmao.safety.models import DRAFT, Affected, Alert, AlertModel
from plugins.gmao.safety.tables import AffectedTable, AlertTable
from plugins.gmao.safety.verbs import PREPARE

TEMPLATES, LIST = "../templates", "gmao_affected.index"
bp = Blueprint("gmao_alerts", __name__, template_folder=TEMPLATES, url_prefix="/gmao/alerts")
affected = Blueprint("gmao_affected", __name__, template_folder=TEMPLATES, url_prefix="/gmao/affected")


def drawn(alert: Alert) -> Any:
    """Return the page of an alert: what it says, and how far each place is with it."""
    place = _place()
    done, areas = followed(alert, place) if place and alert.state != DRAFT else (Progress(), ())
    cards = _cards(alert, done) if done.found else []
    named = select(EquipmentModel.code).join(AlertModel, AlertModel.model_id == EquipmentModel.id)
    models = db.session.scalars(named.where(AlertModel.alert_id == alert.id).order_by(AlertModel.id)).all()
    return show(alert, "gmao/safety/show.html", models=models, cards=cards, areas=areas)


def _place() -> Facility | None:
    """Return the place that the address names, else where this person works, else the country."""
    asked = request.args.get("place", "")
    if whole(asked):
        return get_or_404(Facility, int(asked))
    root = select(Facility).where(Facility.parent_id.is_(None)).order_by(Facility.id).limit(1)
    return g.place or db.session.scalars(root).first()


def _cards(alert: Alert, done: Progress) -> list[Card]:
    mine = {"f.alert": alert.number}
    share = _("%(settled)s of %(found)s", settled=number(done.settled), found=number(done.found))
    return [
        Card(_("Settled pieces"), f"{done.share} %", LIST, mine, share),
        Card(_("To be checked"), number(done.to_check), LIST, {**mine, "f.state": "to_check"}),
        Card(_("Concerned"), number(done.concerned), LIST, {**mine, "f.state": "concerned"}),
        Card(_("Late"), number(done.late), LIST, {**mine, "view": "late"}, tone="danger" if done.late else ""),
    ]


def drawn_piece(row: Affected) -> Any:
    """Return the page of a piece that an alert concerns: what is to be done with it."""
    return show(row, "gmao/safety/affected.html")


pages(bp, AlertTable, PREPARE, _("What makers and authorities say of devices, and what became of each piece."), drawn)
pages(affected, AffectedTable, None, _("Each piece is checked and settled where it stands."), drawn_piece)
