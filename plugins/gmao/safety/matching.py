"""Which pieces of the whole country an alert means or may mean, in one statement; and those that have moved since.

Whoever publishes an alert, and the machine that looks again, find pieces that they may not read: a hazard knows no
rights. What is found is read where the piece stands.
"""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from core.data.bulk import read_beside
from core.data.db import db
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentModel
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.formulas.serials import CONCERNED, read, verdict
from plugins.gmao.safety.models import Affected, Alert, AlertModel
from plugins.gmao.safety.states import OPEN

HAZARD = "an alert finds the pieces that it means wherever they stand"


@dataclass(frozen=True)
class Match:
    """A piece that is meant, or may be: its state to begin with, and why."""

    equipment_id: int
    state: str
    why: str


def matches(alert: Alert) -> list[Match]:
    """Return the pieces that an alert means or may mean and that it has not found yet, by their ids."""
    piece, found = Equipment.__table__.c, Affected.__table__.c
    query = select(EquipmentModel).join(AlertModel, AlertModel.model_id == EquipmentModel.id)
    meant = db.session.scalars(query.where(AlertModel.alert_id == alert.id)).all()
    models, kinds = {model.id for model in meant}, {model.type_id for model in meant}
    unnamed = and_(piece.model_id.is_(None), piece.type_id.in_(kinds))
    about = or_(piece.model_id.in_(models), unnamed) if models else piece.type_id == alert.type_id
    known = select(found.id).where(found.alert_id == alert.id, found.equipment_id == piece.id)
    pieces = select(piece.id, piece.serial, piece.udi, piece.model_id)
    pieces = pieces.where(about, piece.state.in_(THERE), ~known.exists()).order_by(piece.id)
    serials, lots = read(alert.serials), read(alert.lots)
    result = []
    for id, serial, udi, model_id in read_beside(pieces, HAZARD):
        certain = not models or model_id is not None
        state = verdict(serials, lots, serial, udi, model_known=certain)
        if state is not None:
            found_by = "listed" if serials or lots else "model"
            why = "other" if not certain else found_by if state == CONCERNED else "number"
            result.append(Match(id, state, why))
    return result


def unsettled(alert: Alert) -> int:
    """Return how many pieces of an alert nobody has settled, wherever they are."""
    query = select(Affected.id).where(Affected.alert_id == alert.id, Affected.state.in_(OPEN))
    return len(read_beside(query, HAZARD).all())


def places(alert: Alert) -> list[str]:
    """Return the paths of the places where pieces of an alert are to be settled."""
    query = select(Facility.path).join(Affected, Affected.facility_id == Facility.id).distinct()
    return list(read_beside(query.where(Affected.alert_id == alert.id, Affected.state.in_(OPEN)), HAZARD).scalars())
