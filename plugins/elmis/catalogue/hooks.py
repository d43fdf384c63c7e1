"""What the catalogue gives to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.words import _
from plugins.elmis.catalogue.importer import PRODUCTS
from plugins.elmis.catalogue.importers import LOTS, POLICIES
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product, Programme

SEE = "elmis.catalogue.view"
ENTITIES = [
    Entity("elmis.product", Product, _("Product"), _("Products"), permission=SEE, importer=PRODUCTS),
    Entity("elmis.pack", Pack, _("Pack"), _("Packs"), permission=SEE),
    Entity("elmis.lot", Lot, _("Lot"), _("Lots"), permission=SEE, importer=LOTS),
    Entity("elmis.programme", Programme, _("Programme"), _("Programmes"), permission=SEE),
    Entity("elmis.policy", Policy, _("Stock policy"), _("Stock policies"), permission=SEE, importer=POLICIES),
]
