"""What the lots give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import Fact
from core.contract.words import _
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.lots.importer import LOTS
from plugins.elmis.lots.labels import WITH_PACKS, label_of_lot
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.proposals import MACHINE
from plugins.elmis.lots.tables import LOT_STATES, LotTable
from plugins.elmis.lots.verbs import CORRECT, DECIDE, SUGGEST
from plugins.elmis.lots.views import bp

SEE = "elmis.catalogue.view"
ENTITIES = [
    Entity(
        "elmis.lot", Lot, _("Lot"), _("Lots"), "lots.show", SEE, LotTable, "box", ("number",), importer=LOTS,
        words={"status": LOT_STATES}, named=("number", "product_id"), verbs=[CORRECT, SUGGEST],
        labels=label_of_lot, label_options=WITH_PACKS,
    ),
    Entity(
        "elmis.lot_proposal", LotProposal, _("Proposal about a lot"), _("Proposals about lots"), "lots.proposal",
        SEE, words={"state": MACHINE.states}, named=("lot_id",), machine=MACHINE, verbs=[DECIDE],
        index="lots.proposed",
    ),
]  # fmt: skip
BLUEPRINTS = [bp]
FACTS = [
    Fact("elmis.lot.proposed", _("A correction of a lot was proposed")),
    Fact("elmis.lot.decided", _("A proposal about a lot was decided")),
]
