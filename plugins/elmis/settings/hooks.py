"""What the settings give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.requisitions.models import SET_UP, VIEW
from plugins.elmis.settings.importer import WAYS
from plugins.elmis.settings.tables import WayTable
from plugins.elmis.settings.verbs import OF_OTHERS, OF_WAYS
from plugins.elmis.settings.views import TITLE, bp

ENTITIES = [
    Entity(
        "elmis.route", Route, _("Way of goods"), _("Ways of goods"), "elmis_settings.way", VIEW, WayTable, "truck",
        importer=WAYS, words={"from_kind": KEEPING, "to_kind": KEEPING}, named=("from_kind", "to_kind"),
        verbs=OF_WAYS,
    ),
]  # fmt: skip
BLUEPRINTS = [bp]
VERBS_OF_OTHERS = OF_OTHERS
MENU = [MenuItem(TITLE, "elmis_settings.index", SET_UP, _("Administration"), "clipboard-list", order=890)]
