"""What a place lacks: what its kind of facility is to have by the norm, less what works there."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.facilities.models import Facility
from plugins.gmao import reference
from plugins.gmao.figures import reports
from plugins.gmao.figures.board import areas_below, homes
from plugins.gmao.figures.reports import Kind, Site
from plugins.gmao.formulas.functional import WORKING


@dataclass
class Gap:
    """A type of equipment in an area: by the norm, working, not working, unknown; what lacks, and in how many places.

    What one facility has beyond its norm does not fill what another lacks.
    """

    site: Site
    kind: Kind
    norm: int = 0
    working: int = 0
    failed: int = 0
    unknown: int = 0
    gap: int = 0
    lacking: int = 0


def norms() -> dict[str, dict[str, int]]:
    """Return {type of facility: {type of equipment: how many}}."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in reference.rows("norms"):
        found[row["facility_type"]][row["type"]] = int(row["number"])
    return found


def gaps(place: Facility) -> Sequence[Gap]:
    """Return what each area below a place has and lacks, of the types that norms ask for there; the most first."""
    sites = reports.sites(place)
    home = homes(areas_below(place, sites), sites)
    kinds = {kind.code: kind for kind in reports.kinds().values()}
    there: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for facility, type_id, status, number in reports.statuses(place):
        there[facility, type_id][status] += number
    found: dict[tuple[int, str], Gap] = {}
    wanted = norms()
    for site in sites.values():
        if site.closed:
            continue
        area = home.get(site.id, site)
        for code, norm in wanted.get(site.type, {}).items():
            if code in kinds:
                one = found.setdefault((area.id, code), Gap(area, kinds[code]))
                _add(one, norm, there.get((site.id, kinds[code].id), Counter()))
    return sorted(found.values(), key=lambda one: (-one.gap, one.site.name, one.kind.label))


def _add(one: Gap, norm: int, counts: Mapping[str, int]) -> None:
    working = sum(number for status, number in counts.items() if status in WORKING)
    unknown = counts.get("unknown", 0)
    one.norm += norm
    one.working += working
    one.unknown += unknown
    one.failed += sum(counts.values()) - working - unknown
    one.gap += max(0, norm - working)
    one.lacking += working < norm
