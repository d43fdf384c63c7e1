"""The rows of the stock list as HTML, made in Python as those of any list are (`core.web.rows`): a product a line, its
figures below one another on a phone."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from core.contract.words import _, ngettext
from core.web import address
from core.web.columns import Row
from core.web.pages import day, language, money, number
from core.web.texts import badge, shown
from plugins.elmis.catalogue import units
from plugins.elmis.catalogue.measures import packs
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.stock.products import ProductStock

LABELS = {"stock": _("Stock"), "cmm": _("CMM"), "months": _("Months"), "status": _("Status"),
          "expiry": _("First expiry"), "value": _("Value")}  # fmt: skip


def lines(
    rows: Iterable[Row], facility_id: int, stores: Mapping[int, str], split: Mapping[int, Mapping[int, int]],
    aside: Mapping[int, int],
) -> Markup:  # fmt: skip
    """Return the lines of products; `stores` are the names of several, `split` what lies in each of them by product,
    `aside` what is set aside of it."""
    before, after = map(shown, address.around("stock.card", facility=facility_id))
    labels = {name: f'data-label="{shown(words)}"' for name, words in LABELS.items()}
    marks = {code: badge(state.label, state.tone, state.shape or None) for code, state in STATUSES.items()}
    here = language()
    found = []
    for each in rows:
        row: ProductStock = each.obj
        product, quantity = row.product, row.quantity
        kind = ' class="out"' if row.code == "stock_out" else ""
        below = _below(row, stores, split.get(product.id, {}), aside.get(product.id, 0))
        unit = shown(units.plural(row.unit, quantity, here))
        found.append(
            f'<tr{kind}><th scope="row"><a href="{before}{product.id}{after}">{shown(row.name)}</a> '
            f'<small class="muted more">{shown(product.code)}</small></th>'
            f'<td class="n main-figure said" {labels["stock"]}>{number(quantity)} <small class="muted">{unit}</small>'
            f"{below}</td>"
            f'<td class="n more" {labels["cmm"]}>{number(row.cmm)}</td>'
            f'<td class="n" {labels["months"]}>{number(row.months, 1)}</td>'
            f"<td {labels['status']}>{marks[row.code]}{_since(row.days_out)}</td>"
            f'<td class="more" {labels["expiry"]}>{day(row.nearest) or "–"}</td>'
            f'<td class="n more" {labels["value"]}>{shown(money(row.value))}</td></tr>\n'
        )
    return Markup("".join(found))  # noqa: S704 (each part is escaped)


def _below(row: ProductStock, stores: Mapping[int, str], split: Mapping[int, int], aside: int) -> str:
    """Return what stands below a quantity: its packs, its stores, and what is set aside of it."""
    made = packs(row.quantity, row.product.pack_size)
    found = [f'<br><small class="muted more">{made}</small>'] if made else []
    for id_, name in stores.items() if split else ():
        if id_ in split:
            said = shown(name or _("Main store"))
            found.append(f'<br><small class="muted more">{said} : {number(split[id_])}</small>')
    if aside:
        said = shown(_("%(units)s of it set aside", units=number(aside)))
        found.append(f'<br><small class="tone-info">{said}</small>')
    return "".join(found)


def _since(days: int) -> str:
    """Return for how many days a product has been out of stock; nothing where it is not."""
    if not days:
        return ""
    said = shown(ngettext("for %(num)d day", "for %(num)d days", days))
    return f' <small class="muted">{said}</small>'
