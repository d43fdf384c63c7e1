"""Between which temperatures an appliance must stay, and how long it may not: settings of the country, by what the type
of the appliance is (`data/limits.csv`). Changed limits hold for what comes in from then on; breaches found before stay.

Their defaults are, for refrigerators, the alarms of WHO/PQS E006/TR06; freezers keep vaccines at −15 °C or below.
"""

from datetime import timedelta
from decimal import Decimal
from functools import cache

from core.contract.settings import Setting
from core.contract.words import _
from core.data.settings import value_of
from plugins.gmao import reference
from plugins.gmao.coldchain.models import FROST, HEAT, LOGGER, TYPED
from plugins.gmao.formulas.coldchain import Limit
from plugins.gmao.rights import CATALOGUE

SECTION, COLD, FROZEN = _("Cold chain"), "refrigerator", "freezer"
LONGEST = {
    TYPED: timedelta(hours=24),
    LOGGER: timedelta(minutes=90),
}  # between two readings; beyond it nothing is known


def _degrees(name: str, label: str, default: Decimal, least: int, most: int) -> Setting[Decimal]:
    return Setting(
        f"gmao.{name}", label, default, CATALOGUE, unit=_("°C"), section=SECTION, reason=True, least=Decimal(least),
        most=Decimal(most),
    )  # fmt: skip


def _hours(name: str, label: str, default: int) -> Setting[int]:
    return Setting(
        f"gmao.{name}_hours", label, default, CATALOGUE, _("A shorter time outside is no breach."), _("hours"), SECTION,
        reason=True, least=1, most=72,
    )  # fmt: skip


HEATED = _degrees("cold_heat", _("Refrigerators: too warm above"), Decimal(8), 0, 25)
HEATED_FOR = _hours("cold_heat", _("Refrigerators: too warm for"), 10)
FROSTED = _degrees("cold_frost", _("Refrigerators: too cold at or below"), Decimal("-0.5"), -10, 4)
FROSTED_FOR = _hours("cold_frost", _("Refrigerators: too cold for"), 1)
THAWED = _degrees("freezer_heat", _("Freezers: too warm above"), Decimal(-15), -40, 0)
THAWED_FOR = _hours("freezer_heat", _("Freezers: too warm for"), 1)
SETTINGS = [HEATED, HEATED_FOR, FROSTED, FROSTED_FOR, THAWED, THAWED_FOR]
KEPT = {
    COLD: ((HEAT, HEATED, HEATED_FOR, True), (FROST, FROSTED, FROSTED_FOR, False)),
    FROZEN: ((HEAT, THAWED, THAWED_FOR, True),),
}


@cache
def _keeps() -> dict[str, str]:
    """Return {type of equipment: what it is as far as temperatures go}."""
    return {row["type"]: row["keeps"] for row in reference.rows("limits")}


def limits_of(code: str) -> tuple[Limit, ...]:
    """Return the limits of a type of equipment by its code; none of a type whose temperatures have none."""
    return tuple(
        Limit(kind, value_of(celsius), timedelta(hours=value_of(hours)), above)
        for kind, celsius, hours, above in KEPT.get(_keeps().get(code, ""), ())
    )
