"""The numbers of the health workforce: that of a file, which its person keeps for good, and
those of leave."""

from core.contract.series import NEVER, NumberSeries
from core.contract.words import _

FILE = NumberSeries("hr.person", _("Personal files"), "AG", "{kind}-{number:06}", restarts=NEVER, closes=False)
LEAVES = NumberSeries("hr.leave", _("Requests for leave"), "CG")
NUMBERS = [FILE, LEAVES]
