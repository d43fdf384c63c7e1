"""What recalls give to the plugin's hooks."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.entities import Entity
from core.contract.ports import Fact, MenuItem, Task
from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db, today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import (
    APPROVE,
    LIFTED,
    MOVE,
    OPEN,
    PROPOSED,
    REFUSED,
    VIEW,
    Recall,
    RecallSite,
)
from plugins.elmis.recalls import notices, reports
from plugins.elmis.recalls.machines import RECALL, SITE
from plugins.elmis.recalls.reports import CLOCK
from plugins.elmis.recalls.tables import RecallSiteTable, RecallTable
from plugins.elmis.recalls.verbs import FATES, VERBS
from plugins.elmis.recalls.views import bp, fates

ENTITIES = [
    Entity(
        "elmis.recall", Recall, _("Recall of a lot"), _("Recalls"), "recalls.show", VIEW, RecallTable, "circle-alert",
        ("number",), words={"state": RECALL.states}, machine=RECALL, verbs=VERBS, index="recalls.index",
        comments=True, concerned=notices.concerned,
    ),
    Entity(
        "elmis.recall_site", RecallSite, _("Place of a recall"), _("Places of recalls"), None, VIEW, RecallSiteTable,
        words={"state": SITE.states}, named=("recall_id", "facility_id"), machine=SITE,
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [*FATES.values()]
BLUEPRINTS = [bp, fates]
NOTICES = notices.KINDS
FACTS = [Fact("elmis.lot.recalled", _("A lot was recalled"))]
LIST = "recalls.index"
MENU = [MenuItem(_("Recalls"), LIST, VIEW, _("Health products"), "circle-alert", order=145)]
SHOWN = 5
BACK = _("Put lot %(lot)s of %(product)s back on the shelves: it is not recalled")
REST = _("Send the recalled lot %(lot)s of %(product)s back, or destroy it")
TO_DO = {
    OPEN: _("Set the recalled lot %(lot)s of %(product)s apart"),
    PROPOSED: _("A recall of lot %(lot)s of %(product)s is proposed: set it apart meanwhile"),
    LIFTED: BACK, REFUSED: BACK,
}  # fmt: skip


def inbox() -> Iterator[Task]:
    """Yield the recalls that this person's stores have not followed, those late below him, and those not needed: what
    there is to do depends on what lies where."""
    access = current()
    if not reports.any_open(today() - reports.NEWS):
        return
    pairs = reports.waiting(access) if access.can(MOVE) else []
    late = reports.late(access, today())
    declined = reports.declined(access, today() - reports.NEWS) if access.can(MOVE) or access.can(APPROVE) else []
    known = _recalls({
        *(one for one, _place, _apart in pairs[:SHOWN]), *(one.recall_id for one in late), *declined,
    })  # fmt: skip
    for recall_id in declined:
        title = _("No recall of lot %(lot)s of %(product)s is needed", **_facts(known[recall_id]))
        yield Task(title, url_for("recalls.show", id=recall_id), _("See why"), known[recall_id].number, menu=LIST)
    yield from _to_do(pairs, known)
    for one in late:
        facts = _facts(known[one.recall_id])
        title = ngettext(
            "%(num)d place is late with the recall of lot %(lot)s of %(product)s",
            "%(num)d places are late with the recall of lot %(lot)s of %(product)s", one.number, **facts,
        )  # fmt: skip
        url = url_for("recalls.show", id=one.recall_id)
        yield Task(title, url, _("See who is late"), "", one.due, "circle-alert", menu=LIST)


def _to_do(pairs: Sequence[tuple[int, int, bool]], known: Mapping[int, Recall]) -> Iterator[Task]:
    places = select(Facility.id, Facility.name).where(Facility.id.in_({place for _one, place, _apart in pairs[:SHOWN]}))
    names: dict[int, str] = dict(db.session.execute(places).all()) if pairs else {}
    for recall_id, place, apart in pairs[:SHOWN]:
        row = known[recall_id]
        settling = apart and row.state == OPEN
        title, due = REST if settling else TO_DO[row.state], None if settling else row.issued_on + CLOCK
        url = url_for("recalls.show", id=recall_id)
        yield Task(title % _facts(row), url, _("Answer"), names[place], due, "circle-alert", menu=LIST)
    if rest := len(pairs[SHOWN:]):
        words = _("%(number)s more places have to answer recalls", number=rest)
        yield Task(words, url_for(LIST), _("Open the list"), icon="circle-alert", menu=LIST, count=rest)


def _recalls(ids: Collection[int]) -> Mapping[int, Recall]:
    """Return recalls by id, with their lots and products."""
    query = select(Recall).where(Recall.id.in_(ids))
    query = query.options(selectinload(Recall.lot).selectinload(Lot.product))
    return {row.id: row for row in db.session.scalars(query)} if ids else {}


def _facts(row: Recall) -> dict[str, str]:
    return {"lot": row.lot.number, "product": row.lot.product.name}
