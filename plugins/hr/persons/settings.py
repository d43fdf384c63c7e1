"""What an administration decides about people."""

from core.contract.settings import Setting
from core.contract.words import _
from plugins.hr.rights import REFERENCE

WORKING_AGE = Setting(
    "hr.working_age", _("Age from which somebody may be employed"), 18, REFERENCE,
    _("Nobody is assigned or recruited before this birthday."), _("years"), _("Careers"), least=14, most=30,
)  # fmt: skip
SETTINGS = [WORKING_AGE]
