"""The forms of orders: lots, packing, journey, the count of what arrived, and words of a dispute."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.contract.words import _
from core.data.db import db, today
from core.facilities.models import Facility
from core.files.fields import FilesField
from core.web.address import whole
from core.web.forms import (
    BooleanField,
    ChoiceField,
    DateField,
    EntityField,
    ExpiryField,
    FacilityField,
    Form,
    HiddenField,
    Lines,
    LongText,
    NumberField,
    QuantityField,
    ReasonForm,
    SubForm,
    TextField,
)
from plugins.elmis.ledger.moves import stores
from plugins.elmis.orders.offers import Chosen, Offer, offers, proposal
from plugins.elmis.orders.receiving import Arrival, Counted, Extra
from plugins.elmis.orders.services import lot_field
from plugins.elmis.orders.settling import Back
from plugins.elmis.orders.shipping import Journey, ways_from
from plugins.elmis.promises.aside import Place
from plugins.elmis.promises.models import Order, Receipt, Shipment
from plugins.elmis.recalls.forms import PlaceForm
from plugins.elmis.store.forms import remembered


class LotsForm(Form):
    """Which lots are set aside; its fields are made for the lots that lie there, and only make sense together."""

    careful = True
    rehearses = True
    typed_in_lines = True

    @property
    def empty(self) -> bool:
        """Return whether there is no lot to choose."""
        return not any(field.name.startswith("q-") for field in self)

    def chosen(self) -> Chosen:
        """Return {order line id: {(location id, lot id): base units}}."""
        found: dict[int, dict[Place, int]] = {}
        for field in self:
            if field.name.startswith("q-"):
                line, location, lot = map(int, field.name.split("-")[1:])
                found.setdefault(line, {})[location, lot] = field.data or 0
        return found

    def values(self) -> dict[str, Any]:
        """Return the lots that were chosen."""
        return {"chosen": self.chosen()}


def lots_form(order: Order, found: Mapping[int, Sequence[Offer]], proposed: Chosen) -> LotsForm:
    """Return the form of an order's lots, filled with what is set aside already, else with what is proposed."""
    places = [(line, offer) for line in order.lines for offer in found.get(line.product_id, ()) if not offer.why_not]
    fields = {
        lot_field(line.id, offer.place): QuantityField(f"{line.product.name}, {offer.number}") for line, offer in places
    }

    def values(chosen: Chosen) -> dict[str, int]:
        return dict.fromkeys(fields, 0) | {
            lot_field(line, place): quantity for line, parts in chosen.items() for place, quantity in parts.items()
        }

    form = type("OrderLotsForm", (LotsForm,), fields)
    proposal = {"data": values(proposed)} if proposed else {}
    return form(row=order, stored=lambda order: values(set_aside(order)), **proposal)


def lots_of(order: Order) -> LotsForm:
    """Return the form of an order's lots, as it stands before anybody has touched it."""
    found = offers(order)
    return lots_form(order, found, {} if set_aside(order) else proposal(order, found))


def set_aside(order: Order) -> Chosen:
    """Return what an order has set aside, {order line id: {(location id, lot id): base units}}."""
    return {
        line.id: {(part.location_id, part.lot_id): part.quantity for part in line.allocations}
        for line in order.lines
        if line.allocations
    }


class PackForm(Form):
    """How many packages, and how they are sealed."""

    packages = QuantityField(_("Number of packages"), required=True, minimum=1, maximum=10_000)
    seal = TextField(_("Seal"), max_length=60, help=_("The number of the seal, if there is one."))
    note = TextField(
        _("Remarks"), max_length=500, help=_("For the carrier and the receiver: cold boxes, fragile goods …")
    )


class JourneyForm(Form):
    """When the goods leave and with whom."""

    shipped_on = DateField(_("Shipped on"), required=True, default=today)
    carrier = TextField(_("Carrier"), max_length=120)
    driver = TextField(_("Driver"), max_length=120)
    vehicle = TextField(_("Vehicle"), max_length=60, help=_("The number plate."))
    rest = ChoiceField(
        _("What is short"),
        {"follows": _("It follows later, in an order of its own"), "never": _("It is cancelled")},
        required=True, tiles=True,
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return the journey, and whether what is short follows."""
        said = [self[name].data or "" for name in ("carrier", "driver", "vehicle")]
        journey = Journey(self.shipped_on.data, *said)
        return {"journey": journey, "rest_follows": "rest" not in self or self.rest.data == "follows"}


def journey_form(order: Order) -> JourneyForm:
    """Return the form of an order's journey; only of one that is short it asks what becomes of the rest."""
    form = JourneyForm()
    if not any(line.open for line in order.lines):
        del form.rest
    return form


class CountLine(SubForm):
    """What was found of one shipped lot."""

    line = HiddenField()
    accepted = QuantityField(_("Accepted"), render_kw={"data-part": "accepted"})
    missing = QuantityField(_("Missing"), render_kw={"data-part": "missing"})
    damaged = QuantityField(_("Damaged"), render_kw={"data-part": "damaged"})
    refused = QuantityField(_("Refused"), render_kw={"data-part": "refused"})
    comment = TextField(_("Remarks"), max_length=300)


class BeyondLine(SubForm):
    """Goods that the note does not name."""

    product = EntityField(_("Product"), "elmis.product", required=True, render_kw={"data-field": "product"})
    lot = TextField(_("Lot"), max_length=60, render_kw={"data-field": "lot"})
    expiry = ExpiryField(_("Expiry"), render_kw={"data-field": "expiry"})
    quantity = QuantityField(_("Quantity"), required=True, minimum=1, render_kw={"data-field": "quantity"})


class CountForm(Form):
    """The count of a delivery."""

    rehearses = True
    summing = ("rest_later",)

    received_on = DateField(_("Received on"), required=True, default=today)
    commission = LongText(
        _("Receiving committee"),
        max_length=1000,
        help=_("Names and functions of those present."),
        render_kw={"rows": 2},
    )
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})
    photos = FilesField(_("Photos and papers"), help=_("Damaged goods, the signed delivery note."))
    lines = Lines(CountLine, _("Lines"))
    rest_later = BooleanField(_("Something is still on its way and will be received later"))

    def values(self) -> dict[str, Any]:
        """Return what was counted, a line each, how it arrived, and what the note does not name."""
        return {"counted": self.counted(), "arrival": self.arrival(), "extras": self.beyond(),
                "photos": self.photos.data}  # fmt: skip

    def counted(self) -> list[Counted]:
        """Return what was counted, a line each."""
        return [
            Counted(
                whole(row["line"]) or 0, row["accepted"] or 0, row["missing"] or 0,
                row["damaged"] or 0, row["refused"] or 0, row["comment"] or "",
            )
            for row in self.lines.data
        ]  # fmt: skip

    def beyond(self) -> list[Extra]:
        """Return what came that the note does not name, a line each."""
        return [
            Extra(row["product"], row["quantity"], row["lot"], row["expiry"], row["instead_of"])
            for row in self["extras"].data
        ]

    def arrival(self) -> Arrival:
        """Return the day, the committee and the remarks."""
        return Arrival(
            self.received_on.data, self.commission.data or "", self.note.data or "", bool(self.rest_later.data),
            self["store"].data if "store" in self else None,
        )  # fmt: skip


def count_form(receipt: Receipt) -> CountForm:
    """Return the form of what is on the way, as if everything had arrived; of several stores one is chosen."""
    lines = [line for line in receipt.shipment.lines if line.in_transit]
    there = stores(receipt.facility)
    named = [(line.id, f"{line.product.name}, {line.lot.number}") for line in lines]
    other = {"instead_of": ChoiceField(_("In place of"), named, blank=_("Beyond the note"))}
    grid = Lines(type("BeyondLineOf", (BeyondLine,), other), _("Not on the delivery note"), maximum=200)
    asked: dict[str, Any] = {"extras": grid}
    if len(there) > 1:
        named_stores = [(store.id, store.title) for store in there]
        asked["store"] = ChoiceField(_("Into the store"), named_stores, required=True, default=remembered)
    form: CountForm = type("CountFormOf", (CountForm,), asked)(
        data={"lines": [{"line": line.id, "accepted": line.in_transit} for line in lines]}
    )
    return form


class FoundLine(SubForm):
    """How many of what was missing are there."""

    line = NumberField()
    found = QuantityField(_("Found"), required=True, help=_("0 where nothing was found."))


class FoundForm(Form):
    """What was found of a receipt's missing goods."""

    rehearses = True

    lines = Lines(FoundLine, _("Lines"))
    reason = LongText(_("Reason"), required=True, max_length=1000, help=_("The people concerned read it."))

    def values(self) -> dict[str, Any]:
        """Return the reason, and what was found: {receipt line id: base units}."""
        found = {row["line"]: row["found"] or 0 for row in self.lines.data if row["line"] is not None}
        return {"reason": self.reason.data or "", "found": found}


def found_form(receipt: Receipt) -> FoundForm:
    """Return the form of a receipt's lost goods, blank: what comes into a stock was counted by a person."""
    return FoundForm(data={"lines": [{"line": line.id} for line in receipt.lines if line.lost]})


class BackLine(SubForm):
    """How many of a refused line are there again."""

    line = NumberField()
    good = QuantityField(_("Back in stock"), required=True, help=_("0 where nothing came back."))
    spoilt = QuantityField(_("Spoilt or not come back"))


class BackForm(Form):
    """What came back of what was refused or called back."""

    rehearses = True

    lines = Lines(BackLine, _("Lines"))
    reason = LongText(_("Remarks"), max_length=1000)

    def values(self) -> dict[str, Any]:
        """Return what came back, a line each, and why not all of it."""
        parts = [
            Back(row["line"], row["good"] or 0, row["spoilt"] or 0)
            for row in self.lines.data
            if row["line"] is not None
        ]
        return {"parts": parts, "reason": self.reason.data or ""}


def back_form(receipt: Receipt) -> BackForm:
    """Return the form of what is on the way back, blank: what comes into a stock was counted by a person."""
    return BackForm(data={"lines": [{"line": line.id} for line in receipt.lines if line.returning]})


class CallBackForm(ReasonForm):
    """Why goods on the way are called back, and whether an order sends them anew."""

    again = BooleanField(_("Prepare an order that sends them again later"))


def call_back_form(shipment: Shipment) -> CallBackForm:
    """Return the form; without an order there is none to prepare anew."""
    form = CallBackForm()
    if shipment.order_id is None:
        del form.again
    return form


class EmptyForm(Form):
    """Everything that is sent to another facility without an order."""

    facility = FacilityField(_("Send to"), required=True)
    shipped_on = DateField(_("Shipped on"), required=True, default=today)
    packages = QuantityField(_("Number of packages"), required=True, minimum=1, maximum=10_000, default=1)
    driver = TextField(_("Driver"), max_length=120)
    vehicle = TextField(_("Vehicle"), max_length=60)
    note = TextField(
        _("Reason"), max_length=500, required=True, help=_("Why the goods are moved; the receiver reads it.")
    )

    def values(self) -> dict[str, Any]:
        """Return the receiver and the journey."""
        journey = Journey(self.shipped_on.data, driver=self.driver.data or "", vehicle=self.vehicle.data or "")
        facility: Any = self.facility.data
        return {
            "facility": db.session.merge(facility, load=False), "journey": journey,
            "packages": self.packages.data or 1, "note": self.note.data or "",
        }  # fmt: skip


def empty_form(source: Facility) -> EmptyForm:
    """Return the form; the receiver is of a kind that this facility may send to."""
    form = EmptyForm()
    form.facility.limits = {"kinds": ways_from(source)}
    return form


class SendBackForm(PlaceForm, EmptyForm):
    """Where a place sends what it had set apart."""

    def values(self) -> dict[str, Any]:
        """Return the journey, and the place it starts from."""
        return {**super().values(), "place": self.place.data}
