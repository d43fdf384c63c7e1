"""Keeping types and models."""

from typing import Any

from sqlalchemy import exists, select

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.data.rows import store
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType, code_of
from plugins.gmao.rights import CATALOGUE


def add_type(**facts: Any) -> EquipmentType:
    """Return the new type; Refused for a code that there is."""
    return change_type(EquipmentType(), **facts)


def change_type(row: EquipmentType, **facts: Any) -> EquipmentType:
    """Return a type with these facts."""
    current().require(CATALOGUE)
    if "code" in facts:
        _refuse_twin(EquipmentType, row, facts["code"], "code")
    return store(row, **facts)


def add_model(**facts: Any) -> EquipmentModel:
    """Return the new model; Refused for a maker's model that there is."""
    return change_model(EquipmentModel(), **facts)


def change_model(row: EquipmentModel, **facts: Any) -> EquipmentModel:
    """Return a model with these facts."""
    current().require(CATALOGUE)
    code = code_of(facts.get("maker", row.maker), facts.get("model", row.model))
    _refuse_twin(EquipmentModel, row, code, "model")
    return store(row, **facts, code=code)


def retire(row: EquipmentType | EquipmentModel) -> None:
    """Offer a type or a model no more for new equipment; what there is of it stays."""
    current().require(CATALOGUE)
    row.active = False


def _refuse_twin(model: Any, row: Any, code: str, field: str) -> None:
    with db.session.no_autoflush:
        twin = select(exists().where(model.code_key == key_of(code), model.id != (row.id or 0)))
        if db.session.scalar(twin):
            raise Refused(_("“%(value)s” is here already.", value=code), field=field)
