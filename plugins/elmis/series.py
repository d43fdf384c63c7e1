"""The numbers of elmis' documents. What the stores write and count is numbered by each place for itself, and bears the
code of the place behind its number on paper."""

from core.contract.series import FACILITY, NumberSeries
from core.contract.words import _

REQUISITION = NumberSeries("elmis.requisition", _("Requisitions"), "RQ")
ORDER = NumberSeries("elmis.order", _("Orders"), "CMD")
SHIPMENT = NumberSeries("elmis.shipment", _("Delivery notes"), "BL")
RECEIPT = NumberSeries("elmis.receipt", _("Receipts of deliveries"), "PV")
TRANSFER = NumberSeries("elmis.transfer_request", _("Transfer requests"), "DT")
RECALL = NumberSeries("elmis.recall", _("Recalls"), "RP")
COUNT = NumberSeries("elmis.count", _("Counts"), "INV", per=FACILITY, beside_place=True)
RECEIVE, ISSUE, DISPENSE, MOVE, LOSS, ADJUST = (
    NumberSeries(f"elmis.slip.{name}", label, kind, per=FACILITY, beside_place=True)
    for name, label, kind in (
        ("receive", _("Receipt slips"), "BE"), ("issue", _("Issue slips"), "BS"),
        ("dispense", _("Dispensing slips"), "BD"), ("move", _("Slips of moves"), "MV"),
        ("loss", _("Loss slips"), "PE"), ("adjust", _("Adjustment slips"), "AJ"),
    )
)  # fmt: skip
NUMBERS = [
    REQUISITION, ORDER, SHIPMENT, RECEIPT, TRANSFER, RECALL, COUNT, RECEIVE, ISSUE, DISPENSE, MOVE, LOSS, ADJUST,
]  # fmt: skip
