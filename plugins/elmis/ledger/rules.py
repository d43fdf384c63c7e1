"""What may be posted: each rule once, each refusal with what to do."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import accumulate
from typing import Any

from sqlalchemy import case, func, or_, select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import local, today, utcnow
from core.data.errors import Gathering, Refused
from core.facilities.models import CLOSED
from plugins.elmis.catalogue.models import LOT_STATUSES, Lot
from plugins.elmis.catalogue.units import measured
from plugins.elmis.formulas.lots import ACTIVE, LAST_USABLE_VVM
from plugins.elmis.ledger.models import (
    ADJUSTMENT,
    BOOK,
    DISCREPANCY,
    QUARANTINE,
    STORE,
    TRANSIT,
    Movement,
    StockLocation,
)
from plugins.elmis.ledger.moves import Facts, Move

LARGEST = 10**12
MOVE = "elmis.stock.move"
USES = frozenset({"issue_ward", "dispensed", "shipment", "transfer_out"})  # what only good lots may serve
# what is in quarantine travels, comes back and is found again as other goods do, and stays in quarantine
TRAVEL = frozenset({
    "return_out", "delivery", "transfer_in", "extra_received", "found_transit", "left_behind", "return_accepted",
})  # fmt: skip
SHELVES = frozenset({STORE, QUARANTINE})  # accounts of a closed facility still settle what left it before
RIGHTS = {
    "adjust_up": "elmis.stock.adjust", "adjust_down": "elmis.stock.adjust",
    "count_excess": "elmis.count.post", "count_shortage": "elmis.count.post",
}  # fmt: skip


def right_of(reason: Any) -> str:
    """Return the right that lines of a reason need: what comes from nowhere, or goes there, needs that to adjust."""
    nowhere = {reason.from_kind, reason.to_kind} & {ADJUSTMENT, DISCREPANCY}
    return RIGHTS.get(reason.code, "elmis.stock.adjust" if nowhere else MOVE)


def check(move: Move, facts: Facts, line: int = 0) -> None:
    """Raise Refused or NotAllowed when a move breaks a rule; `line` names its place in the document."""
    lot, reason = facts.lots[move.lot_id], facts.reasons[move.reason]
    source, target = facts.locations[move.source_id], facts.locations[move.target_id]
    require_right(source, target, RIGHTS.get(move.reason, MOVE))

    def kind(place: StockLocation) -> str:
        return STORE if move.reason in TRAVEL and place.kind == QUARANTINE else place.kind

    if not isinstance(move.quantity, int) or not 0 < move.quantity <= LARGEST:
        raise Refused(_("Enter a whole quantity above zero."), field="quantity", line=line)
    if move.occurred_on > today():
        raise Refused(_("The date lies in the future."), field="occurred_on", line=line)
    if tuple(map(kind, (source, target))) != (reason.from_kind, reason.to_kind):
        raise Refused(_("“%(reason)s” does not fit these locations.", reason=reason.label), field="reason", line=line)
    if reason.needs_comment and not move.comment.strip():
        raise Refused(_("“%(reason)s” needs a comment.", reason=reason.label), field="comment", line=line)
    for place in (source, target):
        if (
            place.kind in SHELVES
            and place.facility.status == CLOSED
            and (place.facility.closed_on or date.min) <= move.occurred_on
        ):
            raise Refused(_("%(facility)s is closed.", facility=place.facility.name), line=line)
    if move.reason in USES and (why := unusable(lot, move.occurred_on, decided=not move.device)):
        raise Refused(why, field="lot", line=line)


def gives_out(move: Move, facts: Facts) -> bool:
    """Return whether a move takes goods off the shelves for others to use: a use, or all that a closing place has."""
    emptied = move.reason == "return_out" and facts.locations[move.source_id].kind == STORE
    return move.reason in USES or emptied


def check_seen(seen: Any, facts: Facts, line: int = 0) -> None:
    """Raise Refused or NotAllowed when an observation breaks a rule; `line` names its place in the count."""
    place = facts.locations[seen.location_id]
    current().require(RIGHTS["count_excess"], place.facility)
    if not isinstance(seen.quantity, int) or not 0 <= seen.quantity <= LARGEST:
        raise Refused(_("Enter a whole quantity, 0 where there is nothing."), field="counted", line=line)
    if seen.counted_on > today() or seen.counted_at > utcnow():
        raise Refused(_("The moment of the count lies in the future."), field="counted_on", line=line)
    if place.kind != STORE:
        raise Refused(_("Only what lies in a store can be counted."), line=line)
    if place.facility.status == CLOSED and (place.facility.closed_on or date.min) <= seen.counted_on:
        raise Refused(_("%(facility)s is closed.", facility=place.facility.name), line=line)


def require_right(source: StockLocation, target: StockLocation, right: str = MOVE) -> None:
    """Raise NotAllowed unless the right is held at both sides; goods in transit need it at one of them."""
    if TRANSIT in (source.kind, target.kind) and current().can_at_one(right, source.facility, target.facility):
        return
    current().require(right, target.facility)
    current().require(right, source.facility)


def right_to_reverse(movement: Movement) -> str:
    """Return the right to undo a movement: a slip of one's own, of today, needs only that by which it was made."""
    own = movement.user_id is not None and movement.user_id == current().user_id
    slip = own and local(movement.recorded_at).date() == today()
    return RIGHTS.get(movement.reason.code, MOVE) if slip else "elmis.stock.adjust"


def is_of_a_delivery(movement: Movement) -> bool:
    """Return whether a shipment or receipt accounts for this movement: what was shipped must stay what was received."""
    return movement.document_ref.startswith(("elmis.shipment/", "elmis.receipt/"))


def unusable(lot: Lot, on: date, decided: bool = True) -> object | None:
    """Return why a lot may not be given out on a day, or None; without what was `decided` of it, only what its packs
    say, where it was given out by someone who could not hear of a decision.
    """
    facts = {"lot": lot.number, "product": lot.product.name}
    if decided and lot.status != ACTIVE:
        return _("Lot %(lot)s of %(product)s may not be used: %(status)s.", status=LOT_STATUSES[lot.status], **facts)
    if (lot.vvm or 0) > LAST_USABLE_VVM:
        words = _("Lot %(lot)s of %(product)s may not be used: its vial monitor is at stage %(vvm)s.")
        return words % {"vvm": lot.vvm, **facts}
    if lot.expiry is not None and lot.expiry < on:
        return _("Lot %(lot)s of %(product)s expired on %(day)s.", day=f"{lot.expiry:%d/%m/%Y}", **facts)
    return None


def refuse_negative_days(rows: Iterable[Movement], facts: Facts) -> None:
    """Raise Refused when a back-dated movement leaves a later day below zero at a physical location."""
    back_dated = {
        (row.source_id, row.lot_id): facts.lots[row.lot_id]
        for row in rows
        if row.occurred_on < today() and facts.locations[row.source_id].physical
    }
    refused = Gathering()
    for (place_id, _lot_id), lot in sorted(back_dated.items(), key=lambda pair: pair[0]):
        below = next(((day, total) for day, total in running(daily(place_id, lot)) if total < 0), None)
        if below is not None:
            refused.found.append(_negative(lot, below[0], -below[1]))
    refused.settle()


def _negative(lot: Lot, day: date, missing: int) -> Refused:
    return Refused(
        _(
            "On %(day)s, %(missing)s of %(product)s, lot %(lot)s, would have been missing. "
            "Check the date and the quantity.",
            day=f"{day:%d/%m/%Y}", missing=measured(lot.product, missing), product=lot.product.name,
            lot=lot.number,
        ),
        field="occurred_on", lot_id=lot.id, day=day, missing=missing,
    )  # fmt: skip


def running(days: Mapping[date, int]) -> Iterator[tuple[date, int]]:
    """Yield (day, balance at its end) from the net changes, the first day first."""
    ordered = sorted(days)
    return zip(ordered, accumulate(days[day] for day in ordered), strict=True)


def daily(place_id: int, lot: Lot) -> dict[date, int]:
    """Return {day: net change} of a lot at a location."""
    moved = Movement.__table__.c
    delta = func.sum(case((moved.target_id == place_id, moved.quantity), else_=-moved.quantity))
    query = (
        select(moved.occurred_on, delta)
        .where(moved.product_id == lot.product_id, moved.lot_id == lot.id)
        .where(or_(moved.source_id == place_id, moved.target_id == place_id))
        .group_by(moved.occurred_on)
    )
    return {day: int(net) for day, net in read_beside(query, BOOK)}
