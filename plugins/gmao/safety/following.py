"""How far the places are with an alert: what was found, what is settled, what is late; of the country and of each area
below a place. A person is told of the pieces that he may read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from core.data.db import db, today
from core.facilities.models import Facility
from plugins.gmao.figures import reports
from plugins.gmao.figures.board import areas_below, homes
from plugins.gmao.figures.reports import Site
from plugins.gmao.safety.models import Affected, Alert
from plugins.gmao.safety.states import CONCERNED, OPEN, TO_CHECK


@dataclass
class Progress:
    """How far the pieces of a place, or an area (`site`), are; `share` in whole per cent, None where there are none."""

    site: Site | None = None
    found: int = 0
    to_check: int = 0
    concerned: int = 0
    late: int = 0
    below: bool = field(default=False)  # there is more to see below it

    @property
    def settled(self) -> int:
        """Return how many are settled."""
        return self.found - self.to_check - self.concerned

    @property
    def share(self) -> int | None:
        """Return how many of a hundred are settled, rounded down: 100 are all."""
        return None if not self.found else 100 * self.settled // self.found

    def add(self, state: str, late: bool, number: int) -> None:
        """Count some pieces in a state."""
        self.found += number
        self.to_check += number if state == TO_CHECK else 0
        self.concerned += number if state == CONCERNED else 0
        self.late += number if late else 0


def followed(alert: Alert, place: Facility) -> tuple[Progress, Sequence[Progress]]:
    """Return how far a place is with an alert, and each area below it that has such pieces, the least settled first."""
    sites = reports.sites(place)
    home = homes(areas_below(place, sites), sites)
    late = Affected.state.in_(OPEN) & (Affected.due_on < today())
    query = select(Affected.facility_id, Affected.state, late, func.count(Affected.id))
    query = query.where(Affected.alert_id == alert.id).group_by(Affected.facility_id, Affected.state, late)
    whole, areas = Progress(), dict[int, Progress]()
    for facility_id, state, is_late, number in db.session.execute(query):
        if facility_id not in sites:
            continue
        area = home.get(facility_id, sites[facility_id])
        one = areas.setdefault(area.id, Progress(area, below=area.id != facility_id))
        one.below = one.below or area.id != facility_id
        for each in (whole, one):
            each.add(state, bool(is_late), number)
    return whole, sorted(areas.values(), key=lambda one: (one.share or 0, -one.found))
