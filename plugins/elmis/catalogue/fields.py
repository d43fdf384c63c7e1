"""Fields of forms that ask for a product, and in what it is counted."""

from typing import Any

from core.contract.words import _
from core.web.forms import ChoiceField, EntityField
from plugins.elmis.catalogue.measures import PACK, UNIT

WAY = {"data-field": "product", "data-combo-with": "store"}


def article_field() -> Any:
    """Return the field of a product in use; those that lie in the store of the form are offered first."""
    return EntityField(_("Product"), "elmis.product", required=True, url="store.articles", render_kw=WAY)


class MeasureField(ChoiceField):
    """Whether a quantity is typed in base units or in packs of the product; units when nothing is sent."""

    def __init__(self, label: Any = "", **options: Any) -> None:
        options["render_kw"] = {"data-measure": "", **(options.get("render_kw") or {})}
        super().__init__(label, **{"default": UNIT, **options})
        self.choices = [(UNIT, _("units")), (PACK, _("packs"))]
