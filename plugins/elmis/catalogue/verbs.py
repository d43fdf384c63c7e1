"""What is done to products."""

from core.contract.verbs import Verb
from core.contract.words import _
from plugins.elmis.catalogue import services
from plugins.elmis.catalogue.models import Product

RETIRE = Verb(
    "elmis.product.retire", _("Take out of use"), services.EDIT, services.retire, Product, to="catalogue.index",
    warning=_("They are no longer offered for orders and new documents. Their stock and history stay."), many=True,
)  # fmt: skip
