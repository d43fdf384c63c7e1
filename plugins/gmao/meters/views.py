"""The pages of readings."""

from flask import Blueprint

from core.contract.words import _
from core.nouns.pages import pages
from plugins.gmao.meters.tables import ReadingTable

bp = Blueprint("equipment_meters", __name__, template_folder="../templates", url_prefix="/gmao/meters")
pages(bp, ReadingTable, subtitle=_("What the meters of equipment showed: hours, kilometres, cycles."))
