"""The pages of moves."""

from flask import Blueprint

from core.contract.words import _
from core.nouns.pages import pages
from plugins.gmao.moves.tables import MoveTable

bp = Blueprint("equipment_moves", __name__, url_prefix="/gmao/moves")
pages(bp, MoveTable, subtitle=_("What was sent from one facility to another, and whether it has arrived."))
