"""What the catalogue gives to the plugin's hooks."""

from collections.abc import Iterator

from flask import url_for

from core.contract.entities import Entity, FormerEntity, ref
from core.contract.ports import MenuItem, Task
from core.contract.words import _, ngettext
from core.data.access import current
from plugins.elmis.catalogue import proposals, verbs
from plugins.elmis.catalogue.importer import PRODUCTS
from plugins.elmis.catalogue.importers import LOTS, POLICIES
from plugins.elmis.catalogue.limits import LIMITS
from plugins.elmis.catalogue.models import VEN, Lot, LotProposal, Pack, Policy, Product, Programme
from plugins.elmis.catalogue.tables import LOT_STATES, LotTable, PolicyTable, ProductTable
from plugins.elmis.catalogue.views import bp

SEE = "elmis.catalogue.view"
ENTITIES = [
    Entity(
        "elmis.product", Product, _("Product"), _("Products"), "catalogue.product", SEE, ProductTable, "pill",
        ("code", "name_fr", "name_en", "inn"), PRODUCTS, {"ven": VEN}, verbs=verbs.OF_PRODUCTS,
        attachments=True,
    ),
    Entity("elmis.pack", Pack, _("Pack"), _("Packs"), permission=SEE, named=("product_id", "size")),
    Entity(
        "elmis.lot", Lot, _("Lot"), _("Lots"), "catalogue.lot", SEE, LotTable, "box", ("number",), importer=LOTS,
        words={"status": LOT_STATES}, named=("number", "product_id"), verbs=verbs.OF_LOTS,
    ),
    Entity(
        "elmis.lot_proposal", LotProposal, _("Proposal about a lot"), _("Proposals about lots"), "catalogue.proposal",
        SEE, words={"state": proposals.STATES}, named=("lot_id",), verbs=[verbs.DECIDE],
    ),
    Entity("elmis.programme", Programme, _("Programme"), _("Programmes"), "catalogue.programme", SEE,
           verbs=verbs.OF_PROGRAMMES),
    Entity(
        "elmis.policy", Policy, _("Stock policy"), _("Stock policies"), "catalogue.policy", SEE, PolicyTable,
        "settings", importer=POLICIES, named=("facility_type_id", "facility_id", "programme_id"),
        verbs=verbs.OF_POLICIES,
    ),
    FormerEntity("elmis.limit", _("Limit")),
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
        yield Task(words, url_for("catalogue.proposal_list"), _("Open the list"), icon="box", count=number)
        return
    for row in rows:
        facts = {"lot": row.lot.number, "product": row.lot.product.name}
        detail = _("%(facility)s reads %(day)s.", facility=row.facility.name, day=f"{row.expiry:%d/%m/%Y}")
        title = _("Which expiry has lot %(lot)s of %(product)s?", **facts)
        yield Task(title, url_for("catalogue.proposal", id=row.id), _("Decide"), detail, None, "box", ref(row))


OWN_SETTINGS = LIMITS
MENU = [MenuItem(_("Products"), "catalogue.index", SEE, _("Health products"), "pill", order=150)]
