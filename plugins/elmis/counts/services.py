"""Opening, filling and posting a count."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from core.contract.settings import Setting
from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db, local, today, utcnow
from core.data.errors import Gathering, Refused
from core.data.figures import grouped
from core.data.numbers import next_number
from core.data.settings import value_of
from core.data.states import record
from core.data.work import ask, choose, written_at
from core.facilities.models import Facility
from plugins.elmis import series
from plugins.elmis.catalogue.limits import ASKED, COUNT_TIMES, EDIT, QUANTITY, far_apart, unusual
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts.absent import covered
from plugins.elmis.counts.comparing import Compared, compare
from plugins.elmis.counts.meeting import BEFORE
from plugins.elmis.counts.models import ALL, CHOSEN, COUNTING, FLAGS, MACHINE, REVIEW, Count, CountLine
from plugins.elmis.ledger.models import StockBalance, StockLocation
from plugins.elmis.ledger.services import Seen, observe, place
from plugins.elmis.lots.arrivals import come_in
from plugins.elmis.lots.lines import Header, Line

PAPER_DAYS = Setting(
    "elmis.paper_days", _("How long a sheet of a count may wait before it is typed"), 92, EDIT,
    _("An older one is refused: what was counted then says nothing of today."), _("days"), ASKED, local=True, least=1,
    most=730,
)  # fmt: skip
AS_WELL, INSTEAD = "add", "replace"  # what is said of a lot that is found once more
THEN, TODAY = "then", "now"  # of figures that a draft has kept for long
KEPT = 10  # open sheets that a device takes along
LONGEST = timedelta(hours=12)  # between typing at the shelf and sending; what took longer is asked about
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Counted:
    """What was found of a line: base units, the reason of a difference, and when it was counted.

    `at` is the moment of a quantity that is new; `came` says of movements of that day, by id, whether they came
    "before" or "after" the counting. None leaves what was kept. A `live` moment is that of typing at the shelf.
    """

    quantity: int | None
    comment: str | None = ""
    at: datetime | None = None
    came: Mapping[int, str] = field(default_factory=dict)
    live: bool = False


def start(store: StockLocation, what: str = ALL, products: Iterable[Product] = ()) -> Count:
    """Return a new count of a store with a line for each lot that lies there, of all products or of some; CHOSEN ones
    are named as `products`, Refused when none is or none of them lies there."""
    current().require("elmis.count.post", store.facility)
    count = Count(
        number=next_number(series.COUNT, store.facility), facility=store.facility, location=store, what=what,
        counted_on=today(), created_by=current().signed,
    )  # fmt: skip
    lots = _lying(count, {product.id for product in products})
    if what == CHOSEN and not lots:
        raise Refused(_("Choose products that lie in this store."), field="products")
    _refuse_overlap(count, lots)
    db.session.add(count)
    _add_lines(count, lots)
    record(count, "start", "", COUNTING)
    return count


def open_sheets(facility: Facility) -> Sequence[Count]:
    """Return the counts of a facility that are being filled, the last ones first."""
    query = select(Count).where(Count.facility_id == facility.id, Count.state == COUNTING)
    return db.session.scalars(query.order_by(Count.id.desc()).limit(KEPT)).all()


def _lying(count: Count, chosen: Collection[int]) -> Sequence[StockBalance]:
    """Return what lies in the store of what a count covers, by product name and expiry."""
    query = select(StockBalance).where(StockBalance.location_id == count.location.id, StockBalance.quantity > 0)
    query = query.join(Product, Product.id == StockBalance.product_id).join(Lot, Lot.id == StockBalance.lot_id)
    if count.what in FLAGS:
        query = query.where(FLAGS[count.what])
    if count.what == CHOSEN:
        query = query.where(StockBalance.product_id.in_(chosen))
    return db.session.scalars(query.order_by(Product.name_fr, Product.id, Lot.expiry, Lot.id)).all()


def _refuse_overlap(count: Count, lots: Iterable[StockBalance]) -> None:
    """Refuse a second sheet of the same kind or over the same lots: two sheets may share a store, not a lot."""
    open_ones = select(Count).where(Count.location_id == count.location.id, Count.state.in_([COUNTING, REVIEW]))
    wanted = {balance.lot_id for balance in lots}
    for other in db.session.scalars(open_ones):
        if other.what == count.what != CHOSEN or wanted & {line.lot_id for line in other.lines}:
            words = _("The count %(number)s is still open. Go on with it, post it or cancel it.", number=other.number)
            raise Refused(words)


def _add_lines(count: Count, lots: Iterable[StockBalance]) -> int:
    """Return how many lots were put on the sheet."""
    there = {line.lot_id for line in count.lines}
    fresh = [each for each in lots if each.lot_id not in there]
    for each in fresh:
        count.lines.append(CountLine(product_id=each.product_id, lot_id=each.lot_id, expected=each.quantity))
    db.session.flush()
    return len(fresh)


def refresh(count: Count) -> int:
    """Return how many lots came to the store since the sheet was opened; they are on it now."""
    taken = select(CountLine.lot_id).join(Count, Count.id == CountLine.count_id)
    others = taken.where(
        Count.location_id == count.location_id, Count.id != count.id, Count.state.in_([COUNTING, REVIEW])
    )
    elsewhere = set(db.session.scalars(others))
    lying = _lying(count, {line.product_id for line in count.lines})
    return _add_lines(count, [each for each in lying if each.lot_id not in elsewhere])


def fill_and_add(count: Count, found: Mapping[int, Counted], new: Line, quantity: Counted) -> CountLine:
    """Return the line of a lot that is not on the sheet, after what was counted of the others is kept."""
    refused, lines = Gathering(), list[CountLine]()
    with refused.step():
        fill(count, found)
    with refused.step():
        lines.append(add_line(count, new, quantity))
    refused.settle()
    return lines[0]


def add_line(count: Count, new: Line, found: Counted | None = None) -> CountLine:
    """Return the line of a lot that was found on the shelf and is not on the sheet; counted already, it is asked."""
    _must_be(count, COUNTING)
    stored, _said = come_in(count.facility, Header(today(), "adjust_up"), new, None)
    line = next((each for each in count.lines if each.lot_id == stored.id), None)
    if line is None:
        line = CountLine(product_id=new.product.id, lot_id=stored.id, expected=0)
        count.lines.append(line)
        db.session.flush()
    decided = new.expiry in (None, stored.expiry)  # with another expiry, which lot it is has just been asked
    if decided and found is not None and found.quantity is not None:
        fill(count, {line.id: found if line.counted is None else again(line, line.counted, found)})
    return line


def again(line: CountLine, before: int, found: Counted) -> Counted:
    """Return what a line holds whose lot was found once more, as the person says: as well, or instead."""
    assert found.quantity is not None
    both = before + found.quantity
    words = _(
        "%(product)s, lot %(lot)s, is on the sheet already with %(before)s. Were %(found)s found as well, or instead?",
        product=line.product.name, lot=line.lot.number, before=grouped(before), found=grouped(found.quantity),
    )  # fmt: skip
    choices = [
        (AS_WELL, _("As well: %(units)s in all", units=grouped(both))),
        (INSTEAD, _("Instead: %(units)s in all", units=grouped(found.quantity))),
    ]
    said = choose("count.again", words, choices, about=f"{line.id}/{before}/{found.quantity}", field="extra")
    if said == AS_WELL:  # the first of them keep their moment: what was issued since left from those
        return replace(found, quantity=both, at=line.counted_at, live=False)
    return found if said else Counted(before, None)


def fill(count: Count, found: Mapping[int, Counted]) -> bool:
    """Keep what was counted, by line id, each new quantity with its moment; return whether movements changed places."""
    if count.state not in (COUNTING, REVIEW):
        raise Refused(_("This count is no longer open."))
    most, found = value_of(QUANTITY, count.facility), _settled(count, found)
    for line in count.lines:
        entry = found.get(line.id)
        if entry is not None and entry.quantity != line.counted and count.state == COUNTING:
            _ask_quantity(line, entry.quantity or 0, most)
            line.counted = entry.quantity
            line.counted_at = None if entry.quantity is None else _moment(entry, line)
        if entry is not None and entry.comment is not None:
            line.comment = entry.comment.strip()
    db.session.flush()
    return _place(count, {key: entry.came for key, entry in found.items() if entry.came})


def _settled(count: Count, found: Mapping[int, Counted]) -> Mapping[int, Counted]:
    """Return what was found; of figures that were typed long before they were sent, or kept on a device to be sent (a
    draft), it is asked when they were counted."""
    kept, long_ago = {line.id: line.counted for line in count.lines}, (written_at() or utcnow()) - LONGEST
    stale = {
        key: one.at for key, one in found.items()
        if one.live and one.at is not None and one.at < long_ago and one.quantity not in (None, kept.get(key))
    }  # fmt: skip
    if not stale:
        return found
    first = f"{local(min(stale.values())):%d/%m/%Y %H:%M}"
    words = ngettext(
        "%(num)d line was typed long ago, on %(moment)s. When was it counted?",
        "%(num)d lines were typed long ago, the first on %(moment)s. When were they counted?",
        len(stale), moment=first,
    )  # fmt: skip
    choices = [(THEN, _("When they were typed")), (TODAY, _("Now, at the shelf"))]
    said = choose("count.when", words, choices, about=f"{count.id}/{len(stale)}/{first}", field="when")
    return {key: replace(one, at=None) if key in stale and said == TODAY else one for key, one in found.items()}


def _ask_quantity(line: CountLine, quantity: int, most: int) -> None:
    words = unusual(quantity, line.product.name, most)
    if words is not None:
        about = f"{line.product.code}/{line.lot.number}/{quantity}"  # a new lot has another id when it is sent again
        ask("quantity", words, about=about, field="counted", line=line.id)


def _moment(entry: Counted, line: CountLine) -> datetime:
    at, now = entry.at, utcnow()
    if at is not None and entry.live:  # the clock of the device was changed: no line was typed before its sheet
        at = max(at, line.count.created_at)
    if at is not None and at > now:
        raise Refused(_("The moment of the count lies in the future."), field="day", line_id=line.id)
    oldest = value_of(PAPER_DAYS, line.count.facility)
    if at is not None and at < now - timedelta(days=oldest):
        raise Refused(_("This count is older than %(days)s days. Check the date.", days=oldest), field="day")
    return at or written_at() or now


def _place(count: Count, came: Mapping[int, Mapping[int, str]]) -> bool:
    """Let movements stand before or after the counting of their lot, as was said by line id; return whether any moved.

    The moment of the counting stays: each movement has its own place, in whatever order they were written down.
    """
    moments: dict[int, datetime] = {}
    for row in compare(count) if came else ():
        at = row.line.counted_at
        for one in row.movable if at is not None else ():
            said = came.get(row.line.id, {}).get(one.id)
            if at is not None and said is not None and row.before(one) != (said == BEFORE):
                moments[one.id] = at - INSTANT if said == BEFORE else at + INSTANT
    if moments:
        place(moments)
    return bool(moments)


def finish(count: Count, aside: bool = False) -> list[CountLine]:
    """Close the counting when every lot that lies in the store is counted; return the lines that are not.

    Set `aside`, lines that nobody counted stay as the book has them: they are never taken for zero.
    """
    _must_be(count, COUNTING)
    refresh(count)
    left = [line for line in count.lines if line.counted is None]
    if aside and len(left) == len(count.lines):
        raise Refused(_("Nothing is counted yet."))
    if aside or not left:
        MACHINE.advance(count, "review")
    return left


def post_count(count: Count, shown: Mapping[int, int] | None = None) -> int:
    """Post what was counted, each line at its own moment, and return how many lines differed.

    The book is read anew: a difference that is no longer the one that was `shown` (by line id) is shown again first.
    """
    rows = compare(count)
    _refuse_changed(rows, shown)
    refused = Gathering()
    for row in rows:
        if row.difference and not row.line.comment:
            refused.found.append(Refused(_("Say why it differs."), field="comment", line_id=row.line.id))
    refused.settle()
    _ask_gaps(rows)
    MACHINE.advance(count, "post")
    if any(row.moment is None for row in rows):
        count.what = CHOSEN  # what was not counted was not looked for: this speaks of the articles that were
    count.covers = covered(count)
    try:
        observe([_seen(count, row) for row in rows if row.moment is not None])
    except Refused as refusal:
        lines = {row.line.lot_id: row.line for row in rows}
        for each in refusal.each:
            line = lines.get(each.facts.get("lot_id", 0))
            refused.found.append(each if line is None else _gone(line))
        refused.settle()
    for row in (row for row in rows if row.moment is not None):
        row.line.expected, row.line.posted = row.book or 0, row.difference or 0
    db.session.flush()
    return sum(bool(row.difference) for row in rows)


def _ask_gaps(rows: Sequence[Compared]) -> None:
    """Ask at their lines about differences that look like a slip: a digit too many or too few, or a barcode."""
    times = value_of(COUNT_TIMES)
    for row in rows:
        counted, book, line = row.line.counted, row.book, row.line
        if counted is None or book is None or not row.difference:
            continue
        words = unusual(counted, line.product.name, value_of(QUANTITY, line.count.facility))
        if words is None and far_apart(counted, book, times):
            words = _(
                "%(product)s, lot %(lot)s: %(counted)s counted, %(book)s in the book. Is that right?",
                product=line.product.name, lot=line.lot.number, counted=grouped(counted), book=grouped(book),
            )  # fmt: skip
        if words is not None:
            ask("count.gap", words, about=f"{line.id}/{counted}/{book}", field="comment", line=line.id)


def _refuse_changed(rows: Sequence[Compared], shown: Mapping[int, int] | None) -> None:
    changed = [row for row in rows if shown is not None and (row.difference or 0) != shown.get(row.line.id, 0)]
    if changed:
        words = ngettext(
            "The book of %(num)d line changed since you looked. Check this difference again.",
            "The book of %(num)d lines changed since you looked. Check these differences again.",
            len(changed),
        )
        raise Refused(words)


def _gone(line: CountLine) -> Refused:
    return Refused(
        _(
            "More of lot %(lot)s of %(product)s left after the count than was counted. Count it again.",
            lot=line.lot.number, product=line.product.name,
        ),
        field="comment", line_id=line.id,
    )  # fmt: skip


def _seen(count: Count, row: Compared) -> Seen:
    line: Any = row.line
    day, at = row.moment or (count.counted_on, count.created_at)
    return Seen(
        line.lot_id, count.location_id, line.counted, day, at, line.comment, count.number, f"elmis.count/{count.id}",
        uuid=f"count:{line.id}",
    )  # fmt: skip


def _must_be(count: Count, state: str) -> None:
    if count.state != state:
        raise Refused(_("This count is no longer open."))


def with_lines(count: Count) -> Count:
    """Return the count, its lines with their products and lots read in a few statements whatever their number."""
    load = map(selectinload, (CountLine.product, CountLine.lot))
    query = select(CountLine).where(CountLine.count_id == count.id).options(*load).order_by(CountLine.id)
    # what an earlier transaction has read would else be read again row by row
    lines = db.session.scalars(query.execution_options(populate_existing=True)).all()
    set_committed_value(count, "lines", lines)
    return count
