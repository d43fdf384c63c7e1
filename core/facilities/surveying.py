"""Whether the outlines of a list hold what lies in their places: what is unlikely is asked, a mistake is refused."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.contract.words import _
from core.facilities import outlines
from core.facilities.geography import Point
from core.facilities.plan import DEEPEST, Node, Plan, outline_of
from core.imports.importer import Report, Row

NAMED, AROUND = 8, 1.0  # places named in a question; degrees around the country as it is known
Box = tuple[float, float, float, float]


def survey(plan: Plan, lines: Sequence[tuple[Row, Node]], report: Report) -> list[tuple[Row, Node]]:
    """Return the lines without those whose outline has latitude before longitude, which are refused.

    About outlines that lie elsewhere than their places is asked once for all.
    """
    given = [(row, node, outlines.rings(outline_of(row))) for row, node in lines if outline_of(row)]
    dots, country = _dots(plan), _country(plan)
    strange: list[tuple[Node, int]] = []
    refused: set[int] = set()
    for row, node, outline in given:
        if _fits(outline, dots[id(node)], country):
            continue
        if _fits(outlines.turned(outline), dots[id(node)], country):
            refused.add(id(row))
            report.refuse(row, "place", _("Latitude and longitude are exchanged: the longitude comes first."))
        else:
            strange.append((node, _held(outline, dots[id(node)])))
    if strange:
        named = "; ".join(f"{node.name} ({held}/{len(dots[id(node)])})" for node, held in strange[:NAMED])
        words = _(
            "Some outlines do not hold most of the places that lie in them by the tree, or lie outside the country "
            "(places held, of those with a position): %(names)s. Are these outlines right?",
            names=named + " …" * (len(strange) > NAMED),
        )
        report.ask("outside", words, ",".join(f"{node.code}:{held}" for node, held in strange), "place")
    return [(row, node) for row, node in lines if id(row) not in refused]


def _dots(plan: Plan) -> Mapping[int, list[Point]]:
    """Return the positions of each node and of all that lie below it, by the identity of the node."""
    found: defaultdict[int, list[Point]] = defaultdict(list)
    for node in plan.nodes():
        if (point := node.position()) is None:
            continue
        above: Node | None = node
        depth = 0
        while above is not None and depth <= DEEPEST:  # a circle was refused already
            found[id(above)].append(point)
            above, depth = above.above(), depth + 1
    return found


def _country(plan: Plan) -> Box | None:
    """Return the box around all positions, or around the outlines that are stored, grown a little."""
    points = [point for node in plan.nodes() if (point := node.position())]
    stored = (outlines.rings(node.outline) for node in plan.nodes() if node.outline)
    return _box(points or [point for rings in stored for ring in rings for point in ring], AROUND)


def _box(points: Sequence[Point], around: float = 0) -> Box | None:
    if not points:
        return None
    lats, lons = zip(*points, strict=True)
    return min(lats) - around, min(lons) - around, max(lats) + around, max(lons) + around


def _fits(outline: Sequence[outlines.Ring], dots: Sequence[Point], country: Box | None) -> bool:
    """Return whether an outline holds at least half of the dots, or meets the country where there are none."""
    if dots:
        return _held(outline, dots) * 2 >= len(dots)
    own = _box([point for ring in outline for point in ring])
    if country is None or own is None:
        return True
    return all(own[at] <= country[at + 2] and own[at + 2] >= country[at] for at in (0, 1))


def _held(outline: Sequence[outlines.Ring], dots: Sequence[Point]) -> int:
    return sum(outlines.holds(outline, point) for point in dots)
