"""Facts that found too little stock: they are kept, what was missing is covered and has to be justified."""

from collections.abc import Iterable, Sequence
from datetime import date

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Refused
from core.data.states import record
from core.data.work import emit, tell
from plugins.elmis.catalogue.units import measured
from plugins.elmis.ledger import balances, observations, rules
from plugins.elmis.ledger.models import DISCREPANCY, JUSTIFY, OPEN, SHORTFALL, Discrepancy, Movement
from plugins.elmis.ledger.moves import Facts, Move, deltas, location


def covers(moves: Sequence[Move], facts: Facts) -> list[Move]:
    """Return the movements from the discrepancy account that make the given ones possible, today and on every day."""
    needed = []
    for place_id, lot_id in sorted(key for key in deltas(moves) if facts.locations[key[0]].physical):
        balances.available(place_id, lot_id, lock=True)
        days = rules.daily(place_id, facts.lots[lot_id])
        own = _own_days(moves, place_id, lot_id)
        for day, delta, counted in own:
            days[day] = days.get(day, 0) + delta
            if counted is not None:  # the count of that day holds: later days stay as they are
                days[counted] = days.get(counted, 0) - delta
        missing = -min(total for _day, total in rules.running(days))
        if missing > 0:
            facility = facts.locations[place_id].facility
            account = location(facility, DISCREPANCY)
            comment = str(_("More left than the book had."))
            first = min(day for day, _delta, _counted in own)
            cause = next(move for move in moves if move.lot_id == lot_id and move.source_id == place_id)
            needed.append(
                Move(
                    lot_id, missing, account.id, place_id, "discrepancy", first, comment,
                    document=cause.document, document_ref=cause.document_ref, counterpart=cause.counterpart,
                )
            )  # fmt: skip
    return needed


def _own_days(moves: Iterable[Move], place_id: int, lot_id: int) -> list[tuple[date, int, date | None]]:
    """Return (day, change, day of the next count) that the moves themselves make to a lot at a location."""
    signs = [(move, (move.target_id == place_id) - (move.source_id == place_id)) for move in moves]
    return [
        (move.occurred_on, sign * move.quantity, observations.next_day(place_id, move))
        for move, sign in signs
        if sign and move.lot_id == lot_id
    ]


def open_for(rows: Iterable[Movement]) -> None:
    """Open an "écart à justifier" for each movement that covered a shortage."""
    for row in rows:
        if row.source.kind == DISCREPANCY:
            facility_id = row.target_facility_id
            found = Discrepancy(facility_id=facility_id, movement_id=row.id, quantity=row.quantity, state=OPEN)
            db.session.add(found)
            record(found, "open", "", OPEN)
            facts = {"product": row.product.name, "lot": row.lot.number, "units": measured(row.product, row.quantity)}
            words = _("%(product)s, lot %(lot)s: %(units)s more left than the book had. This has to be justified.")
            tell(words % facts)
            emit(
                "elmis.discrepancy.opened", found, product=facts["product"], lot=facts["lot"], units=facts["units"],
                document=row.document,
            )  # fmt: skip


def justify(discrepancy: Discrepancy, explanation: str) -> None:
    """Close a discrepancy with its explanation; raises Refused without one, or when it is closed already."""
    current().require(JUSTIFY, discrepancy.facility)
    if not explanation.strip():
        raise Refused(_("Please explain the difference."), field="explanation")
    if discrepancy.state != OPEN:
        raise Refused(_("This difference was justified already."))
    SHORTFALL.advance(discrepancy, "justify", explanation)
    discrepancy.explanation = explanation.strip()
    row = discrepancy.movement
    emit("elmis.discrepancy.justified", discrepancy, product=row.product.name, explanation=discrepancy.explanation)
