"""The field of a measured value: a figure, and its unit where it is not the usual one."""

import re
from decimal import Decimal
from typing import Any, NamedTuple

from core.contract.words import _
from core.web.fields import Asked, number_of, wrong
from plugins.gmao.formulas.safety import SAME, UNITS

PARTS = re.compile(r"(?P<figure>[^A-Za-zµμΩΩ%°]*)(?P<unit>.*)", re.S)
SPELLED = {"ohm": "Ω", "ohms": "Ω", "u": "µ"}
MOST, PLACES = 10**9, 3


class Measured(NamedTuple):
    """A value and its unit."""

    value: Decimal
    unit: str


class MeasureField(Asked):
    """A measured value of electrical safety: "0,18", "180 mΩ"; without a unit it is the usual one."""

    attributes = {"inputmode": "text", "autocomplete": "off"}

    def __init__(self, label: Any = "", *, unit: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.unit = unit

    def read(self, text: str) -> Measured:
        """Return the value with its unit; one that does not compare with the usual unit is refused."""
        found = PARTS.fullmatch(text)
        assert found is not None
        unit = _unit(found["unit"]) or self.unit
        base = UNITS[self.unit][0]
        if UNITS.get(unit, ("",))[0] != base:
            alike = ", ".join(name for name, (of, _factor) in UNITS.items() if of == base)
            raise wrong(_("This is measured in %(units)s, not in %(typed)s.", units=alike, typed=found["unit"].strip()))
        value = number_of(found["figure"].strip(), PLACES, MOST)
        if value < 0 or value > MOST:
            raise wrong(_("Enter a value of 0 or more, such as 0,18."))
        return Measured(value, unit)

    def write(self, value: Any) -> str:
        """Return the value as it is typed."""
        figure = f"{value.value.normalize():f}".replace(".", ",")
        return figure if value.unit == self.unit else f"{figure} {value.unit}"


def _unit(typed: str) -> str:
    """Return a unit as the formulas write it: "mohm" is mΩ, "uA" is µA."""
    unit = "".join(typed.split()).translate(SAME)
    for spelled, sign in SPELLED.items():
        place = 0 if spelled == "u" else len(unit) - len(spelled)
        if unit.casefold()[max(place, 0) :].startswith(spelled) and place >= 0:
            unit = unit[:place] + sign + unit[place + len(spelled) :]
    return unit
