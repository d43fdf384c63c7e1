"""What an administration decides about licences."""

from core.contract.settings import Setting
from core.contract.words import _
from plugins.hr.rights import REFERENCE

SOON = Setting(
    "hr.licence_warning", _("Warning before a licence lapses"), 90, REFERENCE,
    _("Then its holder and human resources are told, and once more after two thirds of this time."), _("days"),
    _("Licences"), least=7, most=365,
)  # fmt: skip
SETTINGS = [SOON]
