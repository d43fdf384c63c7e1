"""Where the lines of maintenance stand in the menu: the work of each day first, what is looked up below."""

from core.contract.words import _

DAILY, REGISTER = _("Maintenance"), _("Register and checks")
