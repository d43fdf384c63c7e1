"""What the figures give to the plugin's hooks."""

from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.gmao.figures.views import bp
from plugins.gmao.menu import DAILY
from plugins.gmao.rights import VIEW

BLUEPRINTS = [bp]
MENU = [
    MenuItem(_("Maintenance figures"), "equipment_figures.index", VIEW, DAILY, "chart-line", order=311),
]
