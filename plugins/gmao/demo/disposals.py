"""The disposals of the demonstration: one to be assessed, one before the committee, one carried out."""

from datetime import timedelta

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.states import Reason
from core.facilities.country import FOCUS
from core.facilities.models import Facility
from plugins.gmao.demo.work import WHO
from plugins.gmao.disposals import services
from plugins.gmao.disposals.models import DisposalCase
from plugins.gmao.equipment.models import BEYOND, Equipment
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.equipment.states import SERVICE

NUMBER, MEMBERS = 4, "Directeur de l’hôpital, président\nGestionnaire\nCheffe de l’atelier de maintenance"


def load() -> None:
    """Insert three disposals, where there is none yet and pieces are beyond repair."""
    if db.session.scalar(select(DisposalCase.id).limit(1)) is not None:
        return
    here = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    query = select(Equipment).join(Facility, Facility.id == Equipment.facility_id).where(
        Facility.path.startswith(here.path), Equipment.status == BEYOND, Equipment.state == SERVICE
    )  # fmt: skip
    rows = db.session.scalars(query.order_by(Equipment.code).limit(NUMBER)).all()
    with acting(Access.system(WHO)):
        cases = [services.propose_one(row, reason=_why("beyond_repair")) for row in rows]
        for case in cases[2:]:
            _assess(case)
            services.convene(case, committee_on=today() + timedelta(days=5), members=MEMBERS)
        for case in cases[3:]:
            case.proposed_on, case.committee_on = today() - timedelta(days=60), today() - timedelta(days=20)
            services.approve(case, decided_on=today() - timedelta(days=20))
            services.recover(case, parts="1 carte d’alimentation, 2 roues, au magasin de l’atelier")
            services.dispose(case, method="destroyed", disposed_on=today() - timedelta(days=2), paper="PV 12")


def _why(code: str) -> Reason:
    return Reason(code, "", LIFE.reasons["propose_disposal"])


def _assess(case: DisposalCase) -> None:
    lines = [
        {"piece": piece.id, "repair_cost": 2_500_000, "value": 150_000, "opinion": "Plus de pièces détachées"}
        for piece in case.pieces
    ]
    services.assess(case, lines=lines, opinion="La réparation coûterait plus que l’équipement ne vaut.")
