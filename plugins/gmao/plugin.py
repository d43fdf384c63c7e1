"""What maintenance offers: its rooms, each of which says its own part."""

from core.contract.words import _
from plugins.gmao import home, rights, seeds, series
from plugins.gmao.campaigns import hooks as campaigns
from plugins.gmao.catalogue import hooks as catalogue
from plugins.gmao.coldchain import hooks as coldchain
from plugins.gmao.disposals import hooks as disposals
from plugins.gmao.donations import hooks as donations
from plugins.gmao.equipment import hooks as equipment
from plugins.gmao.figures import hooks as figures
from plugins.gmao.meters import hooks as meters
from plugins.gmao.moves import hooks as moves
from plugins.gmao.papers import hooks as papers
from plugins.gmao.parts import hooks as parts
from plugins.gmao.plans import hooks as plans
from plugins.gmao.requests import hooks as requests
from plugins.gmao.safety import hooks as safety
from plugins.gmao.testing import hooks as testing
from plugins.gmao.workorders import hooks as workorders

LABEL = _("Maintenance")
ROOMS = [
    rights, series, home, seeds, catalogue, equipment, meters, moves, workorders, requests, plans, parts, coldchain,
    figures, testing, safety, donations, campaigns, disposals, papers,
]  # fmt: skip
