"""The pages of parts."""

from flask import Blueprint

from core.contract.words import _
from core.nouns.pages import pages
from plugins.gmao.parts.tables import PartTable

bp = Blueprint("equipment_parts", __name__, url_prefix="/gmao/parts")
pages(bp, PartTable, subtitle=_("What work orders ask of the store, and what they have used."))
