"""What the catalogue gives to the plugin's hooks."""

from core.contract.entities import Entity, FormerEntity
from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.elmis.catalogue import verbs
from plugins.elmis.catalogue.limits import LIMITS
from plugins.elmis.catalogue.models import VEN, Pack, Policy, Product, Programme
from plugins.elmis.catalogue.policy_importer import POLICIES
from plugins.elmis.catalogue.product_importer import PRODUCTS
from plugins.elmis.catalogue.tables import PolicyTable, ProductTable
from plugins.elmis.catalogue.views import bp

SEE = "elmis.catalogue.view"
ENTITIES = [
    Entity(
        "elmis.product", Product, _("Product"), _("Products"), "catalogue.product", SEE, ProductTable, "pill",
        ("code", "name_fr", "name_en", "inn"), PRODUCTS, {"ven": VEN}, verbs=verbs.OF_PRODUCTS,
        attachments=True, own_fields=True, kinds="programme_id",
    ),
    Entity("elmis.pack", Pack, _("Pack"), _("Packs"), permission=SEE, named=("product_id", "size")),
    Entity("elmis.programme", Programme, _("Programme"), _("Programmes"), "catalogue.programme", SEE,
           verbs=verbs.OF_PROGRAMMES),
    Entity(
        "elmis.policy", Policy, _("Stock policy"), _("Stock policies"), "catalogue.policy", SEE, PolicyTable,
        "settings", importer=POLICIES, named=("facility_type_id", "facility_id", "programme_id"),
        verbs=verbs.OF_POLICIES,
    ),
    FormerEntity("elmis.limit", _("Limit")),
]  # fmt: skip
BLUEPRINTS = [bp]
SETTINGS = LIMITS
MENU = [MenuItem(_("Products"), "catalogue.index", SEE, _("Health products"), "pill", order=150)]
