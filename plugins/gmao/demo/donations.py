"""The offers of the demonstration: one waits for a decision, one was accepted with conditions and has come."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.numbers import next_number
from core.data.states import record
from core.facilities.country import FOCUS
from core.facilities.models import Facility, FacilityType
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.demo.work import WHO
from plugins.gmao.donations import services
from plugins.gmao.donations.models import Offer, OfferItem
from plugins.gmao.donations.states import OFFERED
from plugins.gmao.series import OFFER as SERIES

USED = {
    "condition": "used", "volts_least": 110, "frequency": "60", "plugs": "A, B", "manual": "no", "consumables": "yes",
    "warranty_months": 3,
}  # fmt: skip
NEW = {
    "condition": "new", "volts_least": 100, "volts_most": 240, "frequency": "50/60", "plugs": "C, E", "manual": "yes",
    "consumables": "yes", "consumables_cost": 450_000, "service": "yes", "training": "yes", "warranty_months": 24,
}  # fmt: skip
TERMS = "Le donateur fournit les accessoires pour deux ans et forme deux techniciens de l’atelier."


def load() -> None:
    """Insert the offers, where there are none yet."""
    if db.session.scalar(select(Offer.id).limit(1)) is not None:
        return
    home = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    query = select(Facility).join(FacilityType, FacilityType.id == Facility.type_id)
    query = query.where(Facility.path.startswith(home.path), FacilityType.code == "district_hospital")
    place = db.session.scalars(query.order_by(Facility.code).limit(1)).first() or home
    with acting(Access.system(WHO)):
        year = today().year
        waiting = _offer(place, "ONG partenaire", "", 12)
        _item(waiting, "oxygen-concentrator", quantity=4, made_year=year - 13, **USED)
        _item(waiting, "patient-monitor", quantity=2, made_year=year - 7, **USED)
        services.examine(waiting)
        coming = _offer(place, "Coopération bilatérale", "Santé maternelle", 90)
        _item(coming, "patient-monitor", quantity=2, made_year=year - 1, **NEW)
        services.examine(coming)
        services.accept_if(coming, terms=TERMS)
        services.receive(coming, place=place)


def _offer(place: Facility, donor: str, project: str, days: int) -> Offer:
    offer = Offer(
        number=next_number(SERIES, on=today()), facility=place, donor=donor, project=project, state=OFFERED,
        offered_on=today() - timedelta(days=days),
    )  # fmt: skip
    db.session.add(offer)
    record(offer, "offer", "", OFFERED)
    return offer


def _item(offer: Offer, code: str, **facts: Any) -> None:
    kind = db.session.scalars(select(EquipmentType).where(EquipmentType.code == code)).one()
    db.session.add(OfferItem(offer=offer, type=kind, **facts))
    db.session.flush()
