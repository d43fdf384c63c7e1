"""Makers of rows for tests of maintenance."""

from typing import Any

from sqlalchemy import select

from core.data.access import acting
from core.data.db import db
from core.data.work import unit_of_work
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment import services
from plugins.gmao.equipment.models import Equipment


def add_type(code: str, label: str, kind: str = "biomedical") -> EquipmentType:
    """Return a stored type."""
    row = EquipmentType(code=code, label_fr=label, label_en=code, kind=kind)
    db.session.add(row)
    db.session.flush()
    return row


def type_of(code: str = "o2") -> EquipmentType:
    """Return the type of a code."""
    return db.session.scalars(select(EquipmentType).where(EquipmentType.code == code)).one()


def piece(world: Any, login: str = "tech", place: str = "P1A-CDS1", code: str = "o2", **facts: Any) -> int:
    """Return the id of a new piece of a facility, in service and functional unless the facts say otherwise."""
    with unit_of_work(world.access(login)):
        told = {"state": "in_service", "status": "functional", "type": type_of(code), **facts}
        return services.add(world[place], **told).id


def row(id: int) -> Equipment:
    """Return a piece, read anew."""
    db.session.expire_all()
    return db.session.get_one(Equipment, id)


def seen(world: Any, login: str, id: int) -> bool:
    """Return whether a person may read a piece."""
    with acting(world.access(login)):
        return db.session.scalars(select(Equipment).where(Equipment.id == id)).first() is not None
