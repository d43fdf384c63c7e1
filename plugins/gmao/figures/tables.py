"""The lists behind the figures: places, pieces, repairs, interventions and orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from flask import request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, selectinload

from core.contract.words import _
from core.data.calendar import utcnow
from core.facilities.listing import place_columns
from core.facilities.models import Facility
from core.web.columns import Column
from core.web.reckoned import Reckoned
from core.web.tables import Table
from plugins.gmao.equipment.models import REASONS, STATUSES
from plugins.gmao.equipment.states import MACHINE as LIVES
from plugins.gmao.figures import reports
from plugins.gmao.figures.board import Board, Figures, hours_of_piece
from plugins.gmao.figures.past import Sums
from plugins.gmao.figures.periods import Period
from plugins.gmao.figures.reports import Piece, Site
from plugins.gmao.figures.words import Known, in_days, in_hours, percent
from plugins.gmao.formulas.spans import hours_of
from plugins.gmao.workorders.models import ACTIONS, CAUSES, Intervention, WorkOrder
from plugins.gmao.workorders.states import MACHINE
from plugins.gmao.workorders.tables import OrderTable

ELSEWHERE = _("In none of these")


@dataclass(frozen=True)
class PlaceRow:
    """An area and its figures in a period."""

    site: Site | None
    figures: Figures
    period: Period

    @property
    def name(self) -> Any:
        """Return what it is called."""
        return self.site.name if self.site else ELSEWHERE

    @property
    def url(self) -> str | None:
        """Return the address of its own board."""
        if self.site is None:
            return None
        return url_for("equipment_figures.index", facility=self.site.id, period=self.period.code)


class PlaceTable(Reckoned):
    """The figures of what lies below a place."""

    entity = "gmao.equipment"
    columns = [
        Column("name", _("Place"), value=lambda row: str(row.name), link=lambda row: row.url),
        Known("rate", _("Functional rate (%)"), value=lambda row: percent(row.figures.working.rate), kind="number"),
        Column("working", _("Working pieces"), value=lambda row: row.figures.working.working, kind="number"),
        Column("known", _("Known"), value=lambda row: row.figures.working.known, kind="number"),
        Column("unknown", _("Unknown"), value=lambda row: row.figures.working.unknown, kind="number"),
        Known("availability", _("Availability (%)"), value=lambda row: percent(row.figures.hours.availability),
              kind="number"),
        Known("mtbf", _("MTBF (h)"), value=lambda row: in_hours(row.figures.hours.mtbf), kind="number"),
        Known("mttr", _("MTTR (h)"), value=lambda row: in_hours(row.figures.hours.mttr), kind="number"),
        Column("failures", _("Failures"), value=lambda row: row.figures.hours.failures, kind="number", default=False),
        Column("down", _("Down (h)"), value=lambda row: in_hours(row.figures.hours.down), kind="number", default=False),
        Column("waiting", _("Waiting (h)"), value=lambda row: in_hours(row.figures.hours.waiting), kind="number",
               default=False),
        Known("median", _("Median delay (days)"), value=lambda row: in_days(row.figures.delay.median), kind="number"),
        Known("mean", _("Mean delay (days)"), value=lambda row: in_days(row.figures.delay.mean), kind="number",
              default=False),
        Column("open", _("Open orders"), value=lambda row: row.figures.open, kind="number"),
        Column("held", _("Held up"), value=lambda row: row.figures.held, kind="number"),
    ]  # fmt: skip
    default_sort, size = "name", 100
    asks = {"facility": _("Place"), "period": _("Period")}
    empty = (_("No equipment below this place"),)

    def __init__(self, place: Facility, period: Period, board: Board) -> None:
        self.place, self.period, self.board = place, period, board

    def computed(self) -> Sequence[PlaceRow]:
        """Return the areas below the place."""
        return [PlaceRow(site, figures, self.period) for site, figures in self.board.areas]

    def text(self, row: PlaceRow) -> str:
        """Return the name by which an area is found."""
        return str(row.name)


@dataclass
class Line:
    """A piece in a list, and its hours in the period."""

    piece: Piece
    kind: str
    site: Site | None
    place: Facility
    period: Period
    now: datetime
    places: Mapping[int, Site]

    @cached_property
    def sums(self) -> Sums:
        """Return its hours at the place in the period."""
        return hours_of_piece(self.piece, self.period, self.now, self.places if self.piece.past.stays else None)

    @property
    def url(self) -> str | None:
        """Return the address of its reckoning; of a piece that is elsewhere by now there is none."""
        if self.site is None:
            return None
        return url_for("equipment_figures.piece", id=self.piece.id, facility=self.place.id, period=self.period.code)

    @property
    def here(self) -> bool:
        """Return whether it stands here and is in use now."""
        return self.site is not None and self.piece.in_use

    @property
    def availability(self) -> Fraction | None:
        """Return up ÷ required; None if nothing was required."""
        required = hours_of(self.sums.required)
        return (required - hours_of(self.sums.down)) / required if required else None


def waited(code: str, row: Line) -> Any:
    """Return how long a piece waited for one thing."""
    return in_hours(row.sums.waits.get(code))


NOW, HOURS, FAILED, STOPPED, ALL = "now", "hours", "failed", "stopped", "all"
PARTS = {
    NOW: _("In use now"),
    HOURS: _("In use in the period"),
    FAILED: _("Failed in the period"),
    STOPPED: _("Down in the period"),
    ALL: _("All, disposed of too"),
}


class PieceTable(Reckoned):
    """The pieces behind the figures of a place: those in use now, or those that were in the period."""

    entity = "gmao.equipment"
    columns = [
        Column("code", _("Tag"), value=lambda row: row.piece.code, kind="code", link=lambda row: row.url),
        Column("type", _("Type"), value=lambda row: row.kind, facet=True,
               detail=lambda row: row.piece.room),
        Column("status", _("Working order"), value=lambda row: row.piece.status, kind="state", facet=STATUSES),
        Column("facility", _("Facility"), value=lambda row: row.site.name if row.site else _("elsewhere by now"),
               facet=True),
        Known("availability", _("Availability (%)"), value=lambda row: percent(row.availability), kind="number"),
        Column("required", _("Required (h)"), value=lambda row: in_hours(row.sums.required), kind="number"),
        Column("down", _("Down (h)"), value=lambda row: in_hours(row.sums.down), kind="number"),
        Column("waiting", _("Waiting (h)"), value=lambda row: in_hours(row.sums.waiting), kind="number"),
        Column("failures", _("Failures"), value=lambda row: row.sums.failures, kind="number"),
        Column("unknown", _("Unknown (h)"), value=lambda row: in_hours(row.sums.unknown), kind="number",
               default=False, filed=True),
        Column("because", _("Because"), value=lambda row: row.piece.because, choices=REASONS, default=False,
               filed=True),
        Column("state", _("Life"), value=lambda row: row.piece.past.state, kind="state", choices=LIVES.states,
               default=False),
        Column("donor", _("Donor"), value=lambda row: row.piece.donor, facet=True, default=False),
        Column("serial", _("Serial number"), value=lambda row: row.piece.serial, kind="code", default=False),
        *(
            Column(f"wait_{code}", label, value=partial(waited, code), kind="number", default=False)
            for code, label in REASONS.items()
        ),
    ]  # fmt: skip
    default_sort = "-down"
    asks = {"facility": _("Place"), "period": _("Period"), "of": _("Which")}
    empty = (_("No equipment here"),)

    def __init__(self, place: Facility, period: Period) -> None:
        self.place, self.period, self.now = place, period, utcnow()
        self.of = wanted if (wanted := request.args.get("of")) in PARTS else NOW

    def computed(self) -> Iterable[Any]:  # type: ignore[override]
        """Return the pieces that the part asked for holds."""
        sites, known = reports.sites(self.place), reports.kinds()
        pieces = reports.pieces(self.place)
        lines = (
            Line(one, known[one.type_id].label, sites.get(one.facility_id), self.place, self.period, self.now, sites)
            for one in pieces
        )
        keep = {
            NOW: lambda line: line.here,
            HOURS: lambda line: line.sums.required or line.sums.unknown,
            FAILED: lambda line: line.sums.failures,
            STOPPED: lambda line: line.sums.down,
            ALL: lambda line: line.site is not None,
        }[self.of]
        return [line for line in lines if keep(line)]

    def text(self, row: Line) -> str:
        """Return the words by which a piece is found."""
        return " ".join((row.piece.code, row.kind, row.piece.serial, row.site.name if row.site else ""))

    def pills(self) -> list[dict[str, Any]]:
        """Return the parts; what else is asked stays as it is."""
        return [{"label": label, "url": self.asked.url(of=of), "current": of == self.of} for of, label in PARTS.items()]


def _below(place: Facility) -> Any:
    return WorkOrder.facility_id.in_(reports.inside(place))


class RepairTable(Table):
    """The repairs of a period, from the report of the fault to the day on which the piece works again."""

    model = WorkOrder
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What it is about"), detail=lambda row: row.problem),
        Column("opened_at", _("Fault reported at"), kind="datetime"),
        Column("done_at", _("Works again since"), kind="datetime"),
        Column("days", _("Days of repair"), value=lambda row: lasted(row), kind="number"),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("held_for", _("Waits for"), choices=REASONS),
        *place_columns(WorkOrder),
    ]
    search = [WorkOrder.number, WorkOrder.what, WorkOrder.problem]
    default_sort = "opened_at"
    bulk = ()  # orders are given out in their own list
    asks = {"facility": _("Place"), "period": _("Period"), "of": _("Which")}
    empty = (_("No repairs in this period"),)

    def __init__(self, place: Facility, period: Period) -> None:
        self.place, self.period = place, period
        self.of = wanted if (wanted := request.args.get("of")) in ("open", "done") else ""

    def query(self) -> Select[Any]:
        """Return the repairs that ended in the period, and those that last."""
        query = select(WorkOrder).where(_below(self.place), *reports.repairs(self.period.span))
        if self.of:
            query = query.where(WorkOrder.done_at.is_(None) if self.of == "open" else WorkOrder.done_at.is_not(None))
        return query

    def pills(self) -> list[dict[str, Any]]:
        """Return the parts; what else is asked stays as it is."""
        parts = {None: _("All"), "open": _("Not finished"), "done": _("Finished")}
        return [
            {"label": label, "url": self.asked.url(of=of), "current": (of or "") == self.of}
            for of, label in parts.items()
        ]


def lasted(row: WorkOrder) -> Any:
    """Return how many days a repair took, or takes until now."""
    return in_days(hours_of(max((row.done_at or utcnow()) - row.opened_at, timedelta())) / 24)


class InterventionTable(Table):
    """The interventions of a period."""

    model = Intervention
    columns = [
        Column("ended_at", _("Moment"), kind="datetime",
               link=lambda row: url_for("workorders.show", id=row.order_id)),
        Column("what", _("What it is about"), WorkOrder.what, value=lambda row: row.order.what,
               detail=lambda row: row.order.number),
        Column("action", _("What was done"), facet=ACTIONS, detail=lambda row: row.note),
        Column("cause", _("Cause"), choices=CAUSES),
        Column("minutes", _("Minutes of work"), kind="number"),
        Column("travel_minutes", _("Minutes on the way"), kind="number", default=False),
        Column("technician", _("Done by")),
        Column("status", _("Working order afterwards"), kind="state", choices=STATUSES),
    ]  # fmt: skip
    search = [WorkOrder.number, WorkOrder.what, Intervention.note]
    default_sort = "-ended_at"
    options = [contains_eager(Intervention.order)]
    asks = {"facility": _("Place"), "period": _("Period")}
    empty = (_("No interventions in this period"),)

    def __init__(self, place: Facility, period: Period) -> None:
        self.place, self.period = place, period

    def query(self) -> Select[Any]:
        """Return the interventions that ended in the period."""
        start, end = self.period.span
        query = select(Intervention).join(WorkOrder, WorkOrder.id == Intervention.order_id)
        return query.where(_below(self.place), Intervention.ended_at >= start, Intervention.ended_at < end)


class PlaceOrders(OrderTable):
    """The work orders of a place: open ones, or those held up."""

    options = [selectinload(WorkOrder.workshop)]
    views: Sequence[Any] = []  # type: ignore[assignment]
    bulk = ()  # orders are given out in their own list
    asks = {"facility": _("Place"), "view": _("Which")}

    def __init__(self, place: Facility) -> None:
        self.place = place

    def query(self) -> Select[Any]:
        """Return the orders that the address asks for, of this place."""
        return super().query().where(_below(self.place))
