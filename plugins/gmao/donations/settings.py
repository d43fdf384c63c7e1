"""What an administration decides for offers of equipment, and what comes out of the wall of a place.

The defaults are those of Burundi: 220 V, 50 Hz, sockets C and E (IEC World Plugs).
"""

import re
from typing import Any

from core.contract.settings import Setting
from core.contract.words import _
from core.data.settings import value_of
from core.facilities.models import Facility
from plugins.gmao.formulas.gate import Mains
from plugins.gmao.rights import DECIDE

SECTION = _("Offers of equipment")
LETTERS = re.compile(r"[A-O](\s*,\s*[A-O])*", re.I)  # types of plugs, IEC TR 60083


def plugs_of(text: str) -> list[str]:
    """Return the letters of a text of plugs, "C, E", in order."""
    return sorted({letter.strip().upper() for letter in text.split(",")} - {""})


def _wrong(text: str) -> Any:
    return "" if LETTERS.fullmatch(text.strip()) else _("Give letters with commas between them: C, E.")


VOLTS = Setting(
    "gmao.mains_volts", _("Voltage of the mains"), 220, DECIDE, _("What is offered must work on it."), _("V"), SECTION,
    local=True, least=12, most=400,
)  # fmt: skip
HERTZ = Setting(
    "gmao.mains_hertz", _("Frequency of the mains"), 50, DECIDE, _("What is offered must work on it."), _("Hz"),
    SECTION, local=True, choices={50: _("50 Hz"), 60: _("60 Hz")},
)  # fmt: skip
PLUGS = Setting(
    "gmao.mains_plugs", _("Sockets"), "C, E", DECIDE, _("Letters of the types of sockets that are there."), "", SECTION,
    local=True, faults=_wrong,
)  # fmt: skip
AGE = Setting(
    "gmao.donation_age", _("Oldest used equipment accepted"), 5, DECIDE, _("Counted from the year of manufacture."),
    _("years"), SECTION, least=0, most=30,
)  # fmt: skip
WARRANTY = Setting(
    "gmao.donation_warranty", _("Shortest warranty accepted"), 12, DECIDE, _("Counted from the receipt."), _("months"),
    SECTION, least=0, most=120,
)  # fmt: skip
SETTINGS = [VOLTS, HERTZ, PLUGS, AGE, WARRANTY]


def mains_of(place: Facility) -> Mains:
    """Return what comes out of the wall of a place."""
    return Mains(value_of(VOLTS, place), value_of(HERTZ, place), plugs_of(value_of(PLUGS, place)))
