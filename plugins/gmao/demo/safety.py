"""The safety alert of the demonstration: published two weeks ago, its pieces in several states."""

from datetime import timedelta

from sqlalchemy import func, select

from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.numbers import next_number
from core.data.states import Reason, record
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.demo.work import WHO
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.safety import services
from plugins.gmao.safety.models import DRAFT, Affected, Alert, AlertModel
from plugins.gmao.safety.states import AFFECTED, ALERT, CONCERNED, TO_CHECK
from plugins.gmao.series import ALERT as SERIES

TYPE = "oxygen-concentrator"


def load() -> None:
    """Insert the alert, where there is none yet."""
    if db.session.scalar(select(Alert.id).limit(1)) is not None:
        return
    model = _model()
    if model is None:
        return
    query = select(Equipment.serial).where(Equipment.model_id == model.id, Equipment.serial != "")
    serials = sorted(set(db.session.scalars(query)))
    with acting(Access.system(WHO)):
        alert = Alert(
            number=next_number(SERIES, on=today()), title="Échauffement du fusible d’entrée", kind="fsn",
            issuer=model.maker, reference=f"FSN-{today():%Y}-014", issued_on=today() - timedelta(days=18),
            serials="\n".join(serials[: 1 + 3 * len(serials) // 4]), work="inspection", state=DRAFT,
            published_at=utcnow() - timedelta(days=14),
            todo="Contrôler le fusible d’entrée et son support ; le remplacer par le modèle renforcé s’il est bruni.",
            deadline=today() + timedelta(days=20), models=[AlertModel(model=model)],
        )  # fmt: skip
        db.session.add(alert)
        record(alert, "prepare", "", DRAFT)
        ALERT.advance(alert, "publish")
        services.find(alert)
        _settle(alert)


def _model() -> EquipmentModel | None:
    """Return the model of the type of which most pieces stand somewhere."""
    query = select(EquipmentModel).join(Equipment, Equipment.model_id == EquipmentModel.id)
    query = query.join(EquipmentType, EquipmentType.id == EquipmentModel.type_id).where(EquipmentType.code == TYPE)
    query = query.group_by(EquipmentModel.id).order_by(func.count(Equipment.id).desc(), EquipmentModel.code)
    return db.session.scalars(query.limit(1)).first()


def _settle(alert: Alert) -> None:
    """Settle a part of what was found: of four that are concerned one is corrected, one was corrected by the maker."""
    rows = db.session.scalars(select(Affected).where(Affected.alert_id == alert.id).order_by(Affected.id)).all()
    for turn, row in enumerate(row for row in rows if row.state == CONCERNED):
        if turn % 4 == 1:
            services.correct(row)
        elif turn % 4 == 3:
            services.clear(row, reason=Reason("corrected", "", AFFECTED.reasons["clear"]))
    for turn, row in enumerate(row for row in rows if row.state == TO_CHECK):
        if turn % 3 == 1:
            services.confirm(row)
