"""What is done to types and models."""

from typing import Any

from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Form, Stored
from plugins.gmao.catalogue import services
from plugins.gmao.catalogue.forms import ModelForm, TypeForm
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.rights import CATALOGUE


def _verbs(noun: str, new: Words, model: type[Any], form: type[Form], add: Any, change: Any) -> list[Verb]:
    """Return what is done to a noun of the nomenclature: a new one, its changes, its end."""
    return [
        Verb(f"{noun}.add", new, CATALOGUE, add, None, form, _("It was added.")),
        Verb(f"{noun}.change", _("Change"), CATALOGUE, change, model, Stored(form), _("The changes are kept.")),
        Verb(
            f"{noun}.retire", _("Take out of use"), CATALOGUE, services.retire, model, many=True,
            warning=_("It is no longer offered for new equipment. What there is of it stays."),
            offered=lambda row: row.active,
        ),
    ]  # fmt: skip


OF_TYPES = _verbs("gmao.type", _("New type"), EquipmentType, TypeForm, services.add_type, services.change_type)
OF_MODELS = _verbs("gmao.model", _("New model"), EquipmentModel, ModelForm, services.add_model, services.change_model)
ADD_TYPE, ADD_MODEL = OF_TYPES[0], OF_MODELS[0]
