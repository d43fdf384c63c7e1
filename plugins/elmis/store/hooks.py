"""What the store gives to the plugin's hooks."""

from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.elmis.store.views import bp

BLUEPRINTS = [bp]
MENU = [MenuItem(_("Store work"), "store.index", "elmis.stock.move", _("Health products"), "warehouse", order=110)]
