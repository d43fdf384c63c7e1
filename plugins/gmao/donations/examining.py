"""What is found of the items of an offer, from what was told of them and what stands at the place."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from core.data.calendar import today
from core.data.settings import value_of
from plugins.gmao.donations.models import Offer, OfferItem
from plugins.gmao.donations.settings import AGE, WARRANTY, mains_of, plugs_of
from plugins.gmao.figures.capacity import gaps
from plugins.gmao.formulas import gate
from plugins.gmao.formulas.gate import Check, Mains, Need


def needs(offer: Offer) -> dict[str, Need]:
    """Return {code of a type: what the place of an offer, and all below it, has and lacks of it} where norms ask."""
    found: dict[str, Need] = {}
    for one in gaps(offer.facility):
        before = found.get(one.kind.code, Need(0, 0, 0, 0))
        found[one.kind.code] = Need(
            before.norm + one.norm, before.working + one.working, before.unknown + one.unknown,
            (before.gap or 0) + one.gap,
        )  # fmt: skip
    return found


def checked(offer: Offer) -> Iterator[tuple[OfferItem, str, Check]]:
    """Yield (item, kind of check, what was found) of all items of an offer; those of one type fill one gap together."""
    there, mains = needs(offer), mains_of(offer.facility)
    offered: Counter[int] = Counter()
    for item in offer.items:
        offered[item.type_id] += 0 if item.left_out else item.quantity
    for item in offer.items:
        quantity = item.quantity if item.left_out else offered[item.type_id]
        for kind, check in _checks(item, gate.need(quantity, there.get(item.type.code)), mains).items():
            yield item, kind, check


def _checks(item: OfferItem, need: Check, mains: Mains) -> Mapping[str, Check]:
    """Return {kind of check: what was found} of an item, in the order in which they are shown."""
    powered = item.type.powered or item.volts_least is not None
    hertz = [int(each) for each in (item.frequency or "").split("/") if each]
    cost = None if item.consumables_cost is None else f"{item.consumables_cost:,.0f}".replace(",", "\u00a0")
    return {
        "need": need,
        "voltage": gate.voltage(powered, item.volts_least, item.volts_most, mains),
        "frequency": gate.frequency(powered, hertz, mains),
        "plug": gate.plug(powered, plugs_of(item.plugs), mains),
        "manual": gate.told(item.manual),
        "consumables": gate.consumables(item.consumables, cost),
        "service": gate.told(item.service),
        "training": gate.told(item.training),
        "age": gate.age(item.condition == "used", item.made_year, value_of(AGE), today().year),
        "warranty": gate.warranty(item.warranty_months, value_of(WARRANTY)),
    }


def written(check: Check) -> str:
    """Return the figures of a check as they are stored."""
    return json.dumps(dict(check.figures), ensure_ascii=False)
