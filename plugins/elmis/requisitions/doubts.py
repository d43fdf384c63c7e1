"""What is asked about a requisition: its stock has changed since, it is very large, a quantity looks like a slip, or
nobody has decided what must be decided."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import or_, select

from core.contract.ports import Words
from core.contract.settings import Setting
from core.contract.words import _, ngettext
from core.data.bulk import read_beside
from core.data.db import today
from core.data.figures import SIGNS
from core.data.figures import grouped as written
from core.data.settings import value_of
from core.data.work import ask
from plugins.elmis.catalogue.limits import ASKED, EDIT, QUANTITY, unusual
from plugins.elmis.formulas.policies import DOUBTFUL, FLAGS
from plugins.elmis.ledger.models import Movement
from plugins.elmis.replenishment.services import suggest_again
from plugins.elmis.requisitions.coming import expected
from plugins.elmis.requisitions.models import REPORT, Requisition, RequisitionLine
from plugins.elmis.requisitions.states import OPEN_TO_EDITS, WAITING_APPROVAL

WHOLE = "the requisition was read by rights; its facility's movements are counted whole"
MANY_TIMES, YEAR = 3, 12  # a requisition of so many times the suggestion, a line of so many months' use, is asked about
SHOWN = 5  # lines that a question names
UNASKED = Setting(
    "elmis.unasked_cost", _("A requisition that costs no more is not asked about"), 1_000_000, EDIT,
    _("A dearer one is, where it costs three times what is suggested; in the currency of the requisition."), "", ASKED,
    least=0, most=10**12,
)  # fmt: skip


def ask_quantity(line: RequisitionLine, quantity: int) -> None:
    """Ask at its field about a quantity that looks like a barcode, is very large, or is more than a year's use."""
    words = unusual(quantity, line.product.name, value_of(QUANTITY, line.requisition.facility))
    if words is None and line.cmm and quantity > YEAR * line.cmm:
        words = _(
            "%(product)s: %(quantity)s are more than a year's use. Is that right?",
            product=line.product.name, quantity=written(quantity),
        )  # fmt: skip
    if words is not None:
        ask("requisition.quantity", words, about=f"{line.id}/{quantity}", field=f"q{line.id}")


def ask_total(row: Requisition) -> None:
    """Ask about a requisition that costs many times what is suggested."""
    suggested = sum(((line.suggested or 0) * (line.unit_price or Decimal(0)) for line in row.lines), Decimal(0))
    if row.total > max(MANY_TIMES * suggested, Decimal(value_of(UNASKED))):
        words = _(
            "This requisition costs %(total)s; what is suggested costs %(suggested)s. Is that right?",
            total=_money(row.total, row), suggested=_money(suggested, row),
        )  # fmt: skip
        ask("requisition.total", words, about=f"{row.id}/{row.total}")


def doubtful(line: RequisitionLine) -> bool:
    """Return whether the CMM rests on too little to be followed without a look."""
    return _flag(line) in DOUBTFUL


def _flag(line: RequisitionLine) -> str:
    return str(line.facts.get("inputs", {}).get("cmm", {}).get("flag", ""))


def undecided(row: Requisition) -> list[RequisitionLine]:
    """Return the lines that a person should have decided and nobody has: what is out and whose use is unknown, of which
    nothing would be asked for, and what is asked for on too little knowledge."""
    lines = (line for line in row.lines if line.requested is None and doubtful(line))
    return [line for line in lines if line.usable <= 0 or line.quantity > 0]


def ask_undecided(row: Requisition) -> None:
    """Ask about the lines that nobody has decided."""
    if left := undecided(row):
        said = [
            _("%(product)s: %(quantity)s (%(why)s)", product=line.product.name, quantity=written(line.quantity),
              why=FLAGS[_flag(line)])
            for line in left
        ]  # fmt: skip
        words = ngettext(
            "%(num)d product is to be decided, and nobody has: %(lines)s. Request what stands there?",
            "%(num)d products are to be decided, and nobody has: %(lines)s. Request what stands there?",
            len(left), lines=_first(said),
        )  # fmt: skip
        ask("requisition.undecided", words, about=f"{row.id}/{[(line.id, line.quantity) for line in left]}")


def _first(said: Sequence[Words]) -> str:
    """Return the first few of what is said of lines."""
    return "; ".join(map(str, said[:SHOWN])) + ("; …" if len(said) > SHOWN else "")


def ask_moved(row: Requisition) -> None:
    """Ask about a requisition whose suggestions would be others today: its articles moved since it was computed."""
    found = moved(row)
    if found:
        names = {line.id: line.product.name for line in row.lines}
        said = [
            _("%(product)s: %(then)s → %(now)s", product=names[key], then=written(old), now=written(new))
            for key, (old, new) in found.items()
        ]
        words = ngettext(
            "The stock has changed since this requisition was computed: %(num)d suggestion would be another today "
            "(%(lines)s). Go on with the requisition as it is?",
            "The stock has changed since this requisition was computed: %(num)d suggestions would be others today "
            "(%(lines)s). Go on with the requisition as it is?",
            len(found), lines=_first(said),
        )  # fmt: skip
        ask("requisition.moved", words, about=f"{row.id}/{sorted(found.items())}")


def moved(row: Requisition) -> Mapping[int, tuple[int, int]]:
    """Return {line id: (suggested then, suggested today)} of an open requisition's lines whose suggestion has changed.

    Only articles that moved at the facility since are computed again; this requisition itself is not counted as coming.
    """
    if row.kind == REPORT or row.state not in (*OPEN_TO_EDITS, *WAITING_APPROVAL):
        return {}
    moved = _moved_products(row)
    products = [line.product for line in row.lines if line.product_id in moved]
    if not products:
        return {}
    again = suggest_again(row.facility, today(), row.policy, products, expected(row.facility, row.id))
    found = {line.id: (line.suggested or 0, again[line.product_id]) for line in row.lines if line.product_id in again}
    return {key: (old, new) for key, (old, new) in found.items() if old != new}


def _moved_products(row: Requisition) -> set[int]:
    """Return the requisition's products of which something was recorded at its facility since it was computed."""
    table = Movement.__table__.c
    here = or_(table.source_facility_id == row.facility_id, table.target_facility_id == row.facility_id)
    query = select(table.product_id).distinct().where(here, table.recorded_at > row.computed_at)
    return set(read_beside(query, WHOLE).scalars()) & {line.product_id for line in row.lines}


def _money(value: Decimal, row: Requisition) -> str:
    """Return an amount with the sign of the requisition's currency."""
    return f"{written(value)}\N{NO-BREAK SPACE}{SIGNS.get(row.currency, row.currency)}"
