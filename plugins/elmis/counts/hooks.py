"""What the counts give to the plugin's hooks."""

from collections.abc import Iterator

from flask import url_for
from sqlalchemy import select

from core.contract.entities import Entity
from core.contract.ports import Hit, MenuItem, Obstacle
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.numbers import of_place, without_place
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from plugins.elmis.counts.models import COUNTING, MACHINE, REVIEW, WHAT, Count, CountLine
from plugins.elmis.counts.services import PAPER_DAYS
from plugins.elmis.counts.verbs import VERBS
from plugins.elmis.counts.views import bp

SETTINGS = [PAPER_DAYS]
BLUEPRINTS = [bp]


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the counts of a facility that are not posted yet."""
    open_ones = named(Count, Count.state.in_((COUNTING, REVIEW)), Count.facility_id == facility.id)
    detail = _("Post them, or cancel them.")
    yield from under_way(open_ones, _("Counts not posted: %(n)s"), detail, "counts.show", "counts.index", {})


def found(text: str) -> Iterator[Hit]:
    """Yield the count of a number as its sheet bears it, with the code of the facility."""
    number, code = without_place(text)
    if code and current().can("elmis.stock.view"):
        here = Count.facility.has(code_key=key_of(code))
        for row in db.session.scalars(select(Count).where(Count.number == number.upper(), here)):
            yield Hit(of_place(row.number, row.facility), url_for("counts.show", id=row.id), row.facility.name)


ENTITIES = [
    Entity(
        "elmis.count",
        Count,
        _("Count"),
        _("Counts"),
        "counts.show",
        "elmis.stock.view",
        icon="clipboard-list",
        search=("number",),
        words={"state": MACHINE.states, "what": WHAT},
        machine=MACHINE,
        verbs=VERBS,
    ),
    Entity(
        "elmis.count_line",
        CountLine,
        _("Count line"),
        _("Count lines"),
        permission="elmis.stock.view",
        named=("product_id", "lot_id"),
    ),
]
MENU = [
    MenuItem(
        _("Physical counts"), "counts.index", "elmis.count.post", _("Health products"), "clipboard-list", order=115
    )
]
