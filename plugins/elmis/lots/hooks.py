"""What the lots give to the plugin's hooks."""

from collections.abc import Iterator

from flask import url_for

from core.contract.entities import Entity, ref
from core.contract.ports import Task
from core.contract.words import _, ngettext
from core.data.access import current
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.lots import proposals
from plugins.elmis.lots.importer import LOTS
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.tables import LOT_STATES, LotTable
from plugins.elmis.lots.verbs import CORRECT, DECIDE, SUGGEST
from plugins.elmis.lots.views import bp

SEE = "elmis.catalogue.view"
ENTITIES = [
    Entity(
        "elmis.lot", Lot, _("Lot"), _("Lots"), "lots.show", SEE, LotTable, "box", ("number",), importer=LOTS,
        words={"status": LOT_STATES}, named=("number", "product_id"), verbs=[CORRECT, SUGGEST],
    ),
    Entity(
        "elmis.lot_proposal", LotProposal, _("Proposal about a lot"), _("Proposals about lots"), "lots.proposal",
        SEE, words={"state": proposals.STATES}, named=("lot_id",), verbs=[DECIDE],
    ),
]  # fmt: skip
BLUEPRINTS = [bp]
SHOWN = 5  # proposals that are tasks of their own; more are one task


def inbox() -> Iterator[Task]:
    """Yield the proposals about lots that wait for who keeps the catalogue."""
    if not current().can(proposals.EDIT):
        return
    rows = proposals.waiting(SHOWN + 1)
    if len(rows) > SHOWN:
        number = proposals.number_waiting()
        words = ngettext("Decide on %(num)d proposal about lots", "Decide on %(num)d proposals about lots", number)
        yield Task(words, url_for("lots.proposed"), _("Open the list"), icon="box", count=number)
        return
    for row in rows:
        facts = {"lot": row.lot.number, "product": row.lot.product.name}
        detail = _("%(facility)s reads %(day)s.", facility=row.facility.name, day=f"{row.expiry:%d/%m/%Y}")
        title = _("Which expiry has lot %(lot)s of %(product)s?", **facts)
        yield Task(title, url_for("lots.proposal", id=row.id), _("Decide"), detail, None, "box", ref(row))
