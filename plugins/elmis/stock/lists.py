"""Choosing, ordering and writing out the rows of stock lists."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort, request, send_file, url_for
from flask_babel import get_locale

from core.contract.words import _
from core.data import notes
from core.data.db import today
from core.data.search import folded
from core.facilities.models import Facility
from core.web import exports
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.ledger.reports import LotRow
from plugins.elmis.stock.products import ProductStock

URGENCY = list(STATUSES)
ORDERS: Mapping[str, Callable[[ProductStock], Any]] = {
    "name": lambda row: folded(row.product.name),
    "quantity": lambda row: row.quantity,
    "cmm": lambda row: -1 if row.cmm is None else row.cmm,
    "months": lambda row: Decimal(10**6) if row.months is None else row.months,
    "status": lambda row: URGENCY.index(row.code),
    "expiry": lambda row: row.nearest or date.max,
    "value": lambda row: row.value or Decimal(0),
}
HEADS = (
    (_("Product"), "name", False), (_("Stock"), "quantity", True), (_("CMM"), "cmm", True),
    (_("Months of stock"), "months", True), (_("Status"), "status", False), (_("First expiry"), "expiry", False),
    (_("Value"), "value", True),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the address asks of the list: words, a status, an order."""

    words: str
    status: str
    order: str
    down: bool

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Asked":
        """Return what the address says; what nobody can read is passed over."""
        order = args.get("sort", "name")
        status = args.get("status", "")
        name = order.removeprefix("-")
        known = status if status in STATUSES else ""
        return cls(args.get("q", "").strip()[:200], known, name if name in ORDERS else "name", order.startswith("-"))

    def chosen(self, rows: Iterable[ProductStock]) -> list[ProductStock]:
        """Return the rows asked for, in order."""
        found = [row for row in self.searched(rows) if self.status in ("", row.code)]
        return sorted(found, key=ORDERS[self.order], reverse=self.down)

    def searched(self, rows: Iterable[ProductStock]) -> list[ProductStock]:
        """Return the rows that have all the words, of whatever status."""
        words = folded(self.words).split()
        return [row for row in rows if all(word in _said(row) for word in words)]

    def url(self, **changes: str) -> str:
        """Return the address of the list with some of it changed; an empty value takes it away."""
        args = {**request.args.to_dict(), "page": "", "all": "", **changes}
        return url_for("stock.index", **{name: value for name, value in args.items() if value})  # type: ignore[arg-type]

    def heads(self) -> list[dict[str, Any]]:
        """Return what `sort_head` draws of each column."""
        return [self._head(*head) for head in HEADS]

    def _head(self, label: Any, name: str, numeric: bool) -> dict[str, Any]:
        here = name == self.order
        direction = ("descending" if self.down else "ascending") if here else None
        turn = f"-{name}" if here and not self.down else name
        return {"label": label, "sort_url": self.url(sort=turn), "direction": direction, "numeric": numeric}

    def pills(self, rows: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return the statuses with their counts, those that occur."""
        total = {"label": _("All"), "url": self.url(status=""), "count": sum(rows.values()), "current": not self.status}
        states = [
            {"label": STATUSES[code].label, "url": self.url(status=code), "count": n, "current": code == self.status}
            for code, n in rows.items()
            if n
        ]
        return [total, *states]


def _said(row: ProductStock) -> str:
    product = row.product
    return folded(" ".join((product.code, product.name_fr, product.name_en, product.inn)))


def matching(rows: Iterable[LotRow], words: str) -> list[LotRow]:
    """Return the lots whose product, its code, or number has all the words."""
    wanted = folded(words).split()
    return [row for row in rows if all(word in folded(f"{row.code} {row.product} {row.lot}") for word in wanted)]


def as_file(rows: Sequence[ProductStock], kind: str, facility: Facility) -> Any:
    """Return the list as CSV or XLSX, and note who took it."""
    if kind not in exports.TYPES:
        abort(404)
    heads = [_("Code"), _("Product"), _("Unit"), _("Stock"), _("Usable"), _("CMM"), _("Months of stock"), _("Status"),
             _("First expiry"), _("Value"), _("Currency")]  # fmt: skip
    cells = [
        [row.product.code, row.product.name, row.product.unit, row.quantity, row.usable, row.cmm, row.months,
         str(row.status.label), row.nearest, row.value, row.product.currency]
        for row in rows
    ]  # fmt: skip
    name, place = f"stock-{facility.code}-{today():%Y-%m-%d}.{kind}", facility.id
    notes.note("export", "elmis.balance", facility_id=place, format=kind, count=len(cells))
    file = exports.write(kind, [str(head) for head in heads], cells, str(get_locale() or "fr")[:2])
    return send_file(file, exports.TYPES[kind], as_attachment=True, download_name=name)
