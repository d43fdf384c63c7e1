"""The pages of temperatures and breaches."""

from typing import Any

from flask import Blueprint

from core.contract.words import _
from core.nouns.pages import pages
from core.nouns.views import show
from plugins.gmao.coldchain.models import Breach
from plugins.gmao.coldchain.tables import BreachTable, ReadingTable

readings = Blueprint("gmao_readings", __name__, url_prefix="/gmao/readings")
breaches = Blueprint("gmao_breaches", __name__, url_prefix="/gmao/breaches")


def drawn(row: Breach) -> Any:
    """Return the page of a breach: how far and how long, its lots, its curve."""
    return show(row, "gmao/coldchain/breach.html")


pages(readings, ReadingTable, subtitle=_("Temperatures of refrigerators and freezers, typed or from their loggers."))
pages(
    breaches, BreachTable, subtitle=_("Times outside the limits, found where temperatures are recorded."), drawn=drawn
)  # fmt: skip
