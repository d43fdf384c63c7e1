"""Between which temperatures a type of appliance must stay, and how long it may not: facts of `data/limits.csv`.

For refrigerators the alarms of WHO/PQS E006/TR06; freezers and freezer rooms keep vaccines at −15 °C or below.
"""

from datetime import timedelta
from decimal import Decimal
from functools import cache

from plugins.gmao import reference
from plugins.gmao.coldchain.models import LOGGER, TYPED
from plugins.gmao.formulas.coldchain import Limit

LONGEST = {
    TYPED: timedelta(hours=24),
    LOGGER: timedelta(minutes=90),
}  # between two readings; beyond it nothing is known


@cache
def _known() -> dict[str, tuple[Limit, ...]]:
    found: dict[str, tuple[Limit, ...]] = {}
    for row in reference.rows("limits"):
        lasting = timedelta(hours=float(row["hours"]))
        limit = Limit(row["code"], Decimal(row["celsius"]), lasting, row["above"] == "1")
        found[row["type"]] = (*found.get(row["type"], ()), limit)
    return found


def limits_of(code: str) -> tuple[Limit, ...]:
    """Return the limits of a type of equipment by its code; none where nobody has set any."""
    return _known().get(code, ())
