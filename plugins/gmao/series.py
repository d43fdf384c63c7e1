"""The numbers of maintenance: the tag that each piece bears for good, and its documents."""

from core.contract.series import NEVER, NumberSeries
from core.contract.words import _

TAG = NumberSeries("gmao.equipment", _("Tags of equipment"), "EQ", restarts=NEVER, closes=False, bare=True)
MOVE = NumberSeries("gmao.move", _("Moves of equipment"), "DE")
REQUEST = NumberSeries("gmao.request", _("Fault reports"), "DI")
WORK = NumberSeries("gmao.workorder", _("Work orders"), "OT")
BREACH = NumberSeries("gmao.breach", _("Temperature breaches"), "ET")
ALERT = NumberSeries("gmao.alert", _("Safety alerts"), "AS")
OFFER = NumberSeries("gmao.offer", _("Offers of equipment"), "OD")
CAMPAIGN = NumberSeries("gmao.campaign", _("Inventory campaigns"), "RI")
DISPOSAL = NumberSeries("gmao.disposal", _("Disposals"), "RF")
TEST = NumberSeries("gmao.test", _("Tests of equipment"), "CT")
NUMBERS = [TAG, MOVE, REQUEST, WORK, BREACH, ALERT, OFFER, CAMPAIGN, DISPOSAL, TEST]
