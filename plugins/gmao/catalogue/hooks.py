"""What the catalogue gives to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.gmao.catalogue.importer import MODELS, TYPES
from plugins.gmao.catalogue.models import APPLIED, CLASSES, KINDS, EquipmentModel, EquipmentType
from plugins.gmao.catalogue.tables import ModelTable, TypeTable
from plugins.gmao.catalogue.verbs import OF_MODELS, OF_TYPES
from plugins.gmao.catalogue.views import models, types
from plugins.gmao.menu import REGISTER
from plugins.gmao.rights import VIEW

BLUEPRINTS = [types, models]
ENTITIES = [
    Entity(
        "gmao.type", EquipmentType, _("Type of equipment"), _("Types of equipment"), "gmao_types.show", VIEW, TypeTable,
        "clipboard-list", ("code", "label_fr", "label_en"), TYPES, {"kind": KINDS}, verbs=OF_TYPES,
        index="gmao_types.index",
    ),
    Entity(
        "gmao.model", EquipmentModel, _("Model of equipment"), _("Models of equipment"), "gmao_models.show", VIEW,
        ModelTable, "clipboard-list", ("code",), MODELS, {"safety_class": CLASSES, "applied_part": APPLIED},
        ("code",), verbs=OF_MODELS, attachments=True, index="gmao_models.index",
    ),
]  # fmt: skip
MENU = [
    MenuItem(_("Nomenclature"), "gmao_types.index", VIEW, REGISTER, "clipboard-list", order=380),
    MenuItem(_("Models"), "gmao_models.index", VIEW, REGISTER, "clipboard-list", order=381),
]
