"""What the catalogue gives to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.elmis.catalogue.importer import PRODUCTS
from plugins.elmis.catalogue.importers import LOTS, POLICIES
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product, Programme
from plugins.elmis.catalogue.tables import LotTable, PolicyTable, ProductTable
from plugins.elmis.catalogue.views import bp

SEE = "elmis.catalogue.view"
ENTITIES = [
    Entity(
        "elmis.product", Product, _("Product"), _("Products"), "catalogue.product", SEE, ProductTable, "pill",
        ("code", "name_fr", "name_en", "inn"), PRODUCTS,
    ),
    Entity("elmis.pack", Pack, _("Pack"), _("Packs"), permission=SEE),
    Entity(
        "elmis.lot", Lot, _("Lot"), _("Lots"), "catalogue.lot", SEE, LotTable, "box", ("number",), importer=LOTS
    ),
    Entity("elmis.programme", Programme, _("Programme"), _("Programmes"), "catalogue.programme", SEE),
    Entity(
        "elmis.policy", Policy, _("Stock policy"), _("Stock policies"), "catalogue.policy", SEE, PolicyTable,
        "settings", importer=POLICIES,
    ),
]  # fmt: skip
BLUEPRINTS = [bp]
MENU = [MenuItem(_("Products"), "catalogue.index", SEE, _("Health products"), "pill", order=150)]
