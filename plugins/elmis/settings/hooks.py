"""What the settings give to the plugin's hooks."""

from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.elmis.requisitions.models import SETTINGS
from plugins.elmis.settings.views import HOME, bp

BLUEPRINTS = [bp]
MENU = [MenuItem(HOME, "elmis_settings.index", SETTINGS, _("Administration"), "clipboard-list", order=890)]
