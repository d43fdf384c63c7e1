"""The inventories of the demonstration: that of the hospital is being reconciled, that of a health centre stands."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.calendar import moment
from core.data.db import db, today, utcnow
from core.facilities.country import FOCUS
from core.facilities.models import Facility
from plugins.gmao.campaigns import deciding, scanning, services
from plugins.gmao.campaigns.comparing import Piece, compare, register
from plugins.gmao.campaigns.models import SEARCH, Campaign
from plugins.gmao.demo.work import WHO
from plugins.gmao.equipment.models import ATTENTION, Equipment
from plugins.gmao.formulas.inventory import NOT_FOUND

HOSPITAL, FIRST, LAST = "HOP-KAYANZA", 9, 4  # days ago
TEAM = "Innocent Ndikuriyo, technicien biomédical\nChef de chaque service"


def load() -> None:
    """Insert two inventories, where there is none yet."""
    if db.session.scalar(select(Campaign.id).limit(1)) is not None:
        return
    here = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    hospital = db.session.scalars(select(Facility).where(Facility.code == HOSPITAL)).first()
    stocked = select(Equipment.facility_id).group_by(Equipment.facility_id)
    centres = select(Facility).where(Facility.path.startswith(here.path), Facility.id.in_(stocked))
    centre = db.session.scalars(centres.where(Facility.code != HOSPITAL).order_by(Facility.code.desc())).first()
    with acting(Access.system(WHO)):
        if hospital is not None and (campaign := _counted(hospital, "Recensement annuel de l’hôpital")) is not None:
            _differ(campaign, centre)
            _end(campaign)
            _scan(campaign, _pieces(hospital)[3], 5, room="Pédiatrie", scanned_at=_at(LAST - 2))  # late
        if centre is not None and (campaign := _counted(centre, "Recensement annuel")) is not None:
            _end(campaign)
            missing = [each for each in compare(campaign).pending() if each.kind == NOT_FOUND]
            lines = [
                {"difference": each.key, "outcome": SEARCH, "note": "Prêt à un poste voisin ?"} for each in missing
            ]
            deciding.decide(campaign, lines=lines)
            services.validate(campaign)


def _at(days: int, number: int = 0) -> datetime:
    """Return a moment of the morning some days ago."""
    return min(moment(today() - timedelta(days=days), time(8 + number // 60 % 4, number % 60)), utcnow())


def _counted(place: Facility, name: str) -> Campaign | None:
    """Return the open inventory of a place in which all pieces but each seventeenth were found where they are."""
    if db.session.scalar(select(Equipment.id).where(Equipment.facility_id == place.id).limit(1)) is None:
        return None
    campaign = services.plan(place, name=name, starts_on=today(), ends_on=today(), team=TEAM)
    campaign.starts_on, campaign.ends_on = today() - timedelta(days=FIRST), today() - timedelta(days=LAST)
    services.open_campaign(campaign)
    campaign.opened_at = _at(FIRST)
    for number, piece in enumerate(_pieces(place)):
        if number % 17 != 3:
            _scan(campaign, piece, number)
    return campaign


def _end(campaign: Campaign) -> None:
    services.reconcile(campaign)
    campaign.counted_at = _at(LAST - 1)


def _pieces(place: Facility) -> list[Piece]:
    found = register(place, Equipment.facility_id == place.id).values()
    return sorted((piece for piece in found if piece.facts.there), key=lambda piece: piece.code)


def _scan(campaign: Campaign, piece: Piece, number: int, **facts: object) -> None:
    day = FIRST - number % (FIRST - LAST)
    said = {"tag": piece.code, "room": piece.facts.room, "scanned_at": _at(day, number), **facts}
    scanning.keep(campaign, piece, **said)


def _differ(campaign: Campaign, centre: Facility | None) -> None:
    """Scan again what stands elsewhere, works otherwise, has lost its label, and what the register does not have."""
    seen = [piece for number, piece in enumerate(_pieces(campaign.facility)) if number % 17 != 3]
    for number, piece in enumerate(seen[:60]):
        if number % 13 == 1:
            _scan(campaign, piece, 60 + number, room="Bloc opératoire", scanned_at=_at(LAST, number))
        elif number % 19 == 5:
            facts = {"status": ATTENTION, "because": "to_examine", "note": "Bruit anormal"}
            _scan(campaign, piece, 60 + number, scanned_at=_at(LAST, number), **facts)
        elif number % 23 == 7:
            _scan(campaign, piece, 60 + number, damaged=True, scanned_at=_at(LAST, number))
    what = "Aspirateur chirurgical gris, sans étiquette, offert par un projet"
    scanning.keep(campaign, None, what=what, room="Maternité", scanned_at=_at(LAST))
    lent = _pieces(centre)[:1] if centre is not None else []
    for piece in lent:
        _scan(campaign, piece, 1, room="Urgences", scanned_at=_at(LAST), note="Apporté pour réparation")
