"""What recalls give to the plugin's hooks."""

from collections.abc import Iterator
from datetime import timedelta

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Task
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.recalls import reports
from plugins.elmis.recalls.machines import RECALLS, SITE
from plugins.elmis.recalls.models import MOVE, VIEW, Recall, RecallSite
from plugins.elmis.recalls.tables import RecallSiteTable, RecallTable
from plugins.elmis.recalls.views import bp

ENTITIES = [
    Entity(
        "elmis.recall", Recall, _("Recall of a lot"), _("Recalls"), "recalls.show", VIEW, RecallTable, "circle-alert",
        ("number",), words={"state": RECALLS},
    ),
    Entity(
        "elmis.recall_site", RecallSite, _("Place of a recall"), _("Places of recalls"), None, VIEW, RecallSiteTable,
        words={"state": SITE.states}, named=("recall_id", "facility_id"),
    ),
]  # fmt: skip
BLUEPRINTS = [bp]
LIST = "recalls.index"
MENU = [MenuItem(_("Recalls"), LIST, VIEW, _("Health products"), "circle-alert", order=145)]
CLOCK = timedelta(days=1)  # within so long a place answers
SHOWN = 5


def inbox() -> Iterator[Task]:
    """Yield the recalls that this person's stores have not yet followed."""
    if not current().can(MOVE):
        return
    pairs = reports.waiting(current())
    if not pairs:
        return
    shown = pairs[:SHOWN]
    query = select(Recall).where(Recall.id.in_({one for one, _place in shown}))
    query = query.options(selectinload(Recall.lot).selectinload(Lot.product))
    recalls = {row.id: row for row in db.session.scalars(query)}
    places = select(Facility.id, Facility.name).where(Facility.id.in_({place for _one, place in shown}))
    names: dict[int, str] = dict(db.session.execute(places).all())
    for recall_id, place in shown:
        row = recalls[recall_id]
        title = _("Set the recalled lot %(lot)s of %(product)s apart", lot=row.lot.number, product=row.lot.product.name)
        url = url_for("recalls.show", id=recall_id)
        yield Task(title, url, _("Answer"), names[place], row.issued_on + CLOCK, "circle-alert", menu=LIST)
    if rest := len(pairs) - len(shown):
        words = _("%(number)s more places have to answer recalls", number=rest)
        yield Task(words, url_for(LIST), _("Open the list"), icon="circle-alert", menu=LIST, count=rest)
