"""The kinds of documents that a store writes, as data: the page, the number and the movement come from here."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.contract.ports import Words
from core.contract.series import NumberSeries
from core.contract.words import _
from plugins.elmis import series
from plugins.elmis.ledger.models import ADJUSTMENT, CONSUMPTION, DESTRUCTION, LOSS, STORE, SUPPLIER


@dataclass(frozen=True)
class Kind:
    """One kind of document. `reasons` of more than one are chosen on the page; `fresh` lots may be new."""

    code: str
    series: NumberSeries  # BE-2026-00001
    title: Words
    paper: Words  # what the slip is called
    action: Words
    permission: str
    reasons: Sequence[str]
    icon: str
    counterpart: Words = ""
    counterpart_kind: str = ""  # "text", "ward" or "" for none
    fresh: bool = False
    happens: bool = True  # goods have moved: where it waited on a device, that is so whatever the book has by then
    help: Words = ""


MOVE, ADJUST = "elmis.stock.move", "elmis.stock.adjust"
KINDS = {
    kind.code: kind
    for kind in (
        Kind("receive", series.RECEIVE, _("Receive from a supplier"), _("Receipt slip"),
             _("Record the receipt"), MOVE, ["receipt"], "download",
             _("Supplier"), "text", True, _("Goods that come with no order in Amagara: purchases, donations.")),
        Kind("issue", series.ISSUE, _("Issue to a ward"), _("Issue slip"),
             _("Record the issue"), MOVE, ["issue_ward"], "upload",
             _("Ward"), "ward", help=_("What leaves the store for a ward or service counts as consumption.")),
        Kind("dispense", series.DISPENSE, _("Dispense to patients"), _("Dispensing slip"),
             _("Record what was dispensed"), MOVE, ["dispensed"], "pill",
             help=_("The day's total of each product is enough.")),
        Kind("move", series.MOVE, _("Move to another store"), _("Slip of a move"),
             _("Record the move"), MOVE, ["store_move"], "truck",
             help=_("From one store of this facility to another; nothing is consumed.")),
        Kind("loss", series.LOSS, _("Losses"), _("Loss slip"),
             _("Record the loss"), MOVE,
             ["expired", "damaged", "lost", "stolen", "open_vial", "cold_chain"], "trash-2",
             help=_("What is expired, damaged or missing leaves the stock; it does not count as consumption.")),
        Kind("adjust_up", series.ADJUST, _("Positive adjustment"), _("Adjustment slip"),
             _("Record the adjustment"), ADJUST, ["adjust_up"], "plus",
             fresh=True, happens=False),
        Kind("adjust_down", series.ADJUST, _("Negative adjustment"), _("Adjustment slip"),
             _("Record the adjustment"), ADJUST, ["adjust_down"],
             "pencil", happens=False),
    )
}  # fmt: skip
CHOSEN = frozenset(code for kind in KINDS.values() if len(kind.reasons) > 1 for code in kind.reasons)  # by people
SIDES = {
    "receipt": (SUPPLIER, STORE), "issue_ward": (STORE, CONSUMPTION), "dispensed": (STORE, CONSUMPTION),
    "expired": (STORE, DESTRUCTION), "damaged": (STORE, LOSS), "lost": (STORE, LOSS), "stolen": (STORE, LOSS),
    "open_vial": (STORE, LOSS), "cold_chain": (STORE, LOSS), "adjust_up": (ADJUSTMENT, STORE),
    "adjust_down": (STORE, ADJUSTMENT), "store_move": (STORE, STORE),
}  # fmt: skip
