"""Products with their packs, programmes, policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from core.contract.ports import Words
from core.contract.words import _, decimal_of
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Gathering, Refused
from core.data.own import merged, refusals
from core.data.work import ask
from plugins.elmis.catalogue.gs1 import sound_gtin
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product, Programme

EDIT = "elmis.catalogue.edit"
UNITS = ("base_unit_fr", "base_unit_en")


@dataclass(frozen=True)
class PackSpec:
    """A pack as typed: content in base units, its words, its GTIN."""

    size: int
    label: str = ""
    gtin: str = ""


def save_product(
    product: Product | None, facts: Mapping[str, Any], packs: Sequence[PackSpec], own: Mapping[str, Any] | None = None
) -> Product:
    """Return the product, new or changed, with exactly these packs and own fields; Refused names field and line."""
    current().require(EDIT)
    code, refused = str(facts["code"]).strip(), Gathering()
    product_id, product = (None, Product()) if product is None else (product.id, product)
    with refused.step():
        _check_code(code, product_id)
    with refused.step():
        _check_temperatures(facts)
    gtins = _checked_packs(product_id, packs, refused)
    if own is not None:
        refused.found += refusals(Product.__entity__, facts.get("programme_id"), "", own, product_id is None)
    refused.settle()
    _ask_unit(product, facts)
    for name, value in facts.items():
        setattr(product, name, code if name == "code" else value)
    product.own = merged(Product.__entity__, product.own or {}, own or {})
    db.session.add(product)
    db.session.flush()
    _set_packs(product, packs, gtins)
    return product


def _check_code(code: str, product_id: int | None) -> None:
    other = db.session.scalar(select(Product.id).where(Product.code_key == key_of(code)))
    if other is not None and other != product_id:
        raise Refused(_("The code %(code)s is taken by another product.", code=code), field="code")


def _ask_unit(product: Product, facts: Mapping[str, Any]) -> None:
    """Ask when the base unit of a product that has stock or a past would get another word."""
    for name, before, after in other_units(product, facts):
        if in_use(product):
            words = _(
                "All quantities of this product are counted in “%(before)s”; they stay as they are, now called "
                "“%(after)s”. If the unit itself is another one, add a new product instead.",
                before=before, after=after,
            )  # fmt: skip
            ask("base_unit", words, about=f"{product.id}/{before}/{after}", field=name)


def other_units(product: Product, facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (column, before, after) of the base units that would become others; a plural is none."""
    units = [(name, getattr(product, name) or "", facts.get(name) or "") for name in UNITS if name in facts]
    return [unit for unit in units if product.id and unit[1] and _singular(unit[1]) != _singular(unit[2])]


def _singular(word: str) -> str:
    return key_of(word).removesuffix("s")


def in_use(product: Product) -> bool:
    """Return whether a product has lots: what was counted of them is in its base unit."""
    return db.session.scalar(select(Lot.id).where(Lot.product_id == product.id).limit(1)) is not None


def _check_temperatures(facts: Mapping[str, Any]) -> None:
    low, high = facts.get("cold_min"), facts.get("cold_max")
    if low is not None and high is not None and low > high:
        raise Refused(_("The lowest temperature lies above the highest."), field="cold_max")


def _set_packs(product: Product, packs: Sequence[PackSpec], gtins: Sequence[str | None]) -> None:
    """Give a product these packs: one that stays keeps its row, others are added or removed."""
    left = list(product.packs)
    for pack, gtin in zip(packs, gtins, strict=True):
        row = next((one for one in left if one.gtin == gtin and (gtin or one.size == pack.size)), None)
        if row is None:
            product.packs.append(Pack(size=pack.size, label=pack.label, gtin=gtin))
        else:
            left.remove(row)
            row.size, row.label = pack.size, pack.label
    for row in left:
        product.packs.remove(row)
    db.session.flush()


def checked_gtin(text: str, line: int | None = None) -> str | None:
    """Return a GTIN with 14 digits, or None for an empty one; Refused when its check digit is wrong."""
    digits = "".join(text.split())
    if not digits:
        return None
    if not sound_gtin(digits):
        raise Refused(
            _("%(gtin)s is not a GTIN: 8, 12, 13 or 14 digits, of which the last checks the others.", gtin=digits[:40]),
            field="gtin", line=line,
        )  # fmt: skip
    return digits.zfill(14)


def _checked_packs(product_id: int | None, packs: Sequence[PackSpec], refused: Gathering) -> list[str | None]:
    """Return the GTINs of packs with 14 digits; one that is wrong, twice here or another product's is gathered."""
    gtins: list[str | None] = [None] * len(packs)
    for line, pack in enumerate(packs):
        with refused.step():
            gtins[line] = checked_gtin(pack.gtin, line)
    given = [gtin for gtin in gtins if gtin]
    query = select(Pack).where(Pack.gtin.in_(given))
    others = query if product_id is None else query.where(Pack.product_id != product_id)
    taken = {pack.gtin: pack for pack in db.session.scalars(others)} if given else {}
    for line, gtin in enumerate(gtins):
        if gtin and given.count(gtin) > 1:
            refused.found.append(Refused(_("This GTIN stands on two packs."), field="gtin", line=line))
        elif other := taken.get(gtin):
            words = _("The GTIN %(gtin)s belongs to %(product)s.", gtin=other.gtin, product=other.product.name)
            refused.found.append(Refused(words, field="gtin", line=line))
    return gtins


def save_programme(programme: Programme | None, code: str, label_fr: str, label_en: str) -> Programme:
    """Return the programme, new or changed."""
    current().require(EDIT)
    other = db.session.scalar(select(Programme.id).where(Programme.code_key == key_of(code)))
    if other is not None and (programme is None or other != programme.id):
        raise Refused(_("Another programme has this code."), field="code")
    programme = programme or Programme()
    programme.code, programme.label_fr, programme.label_en = code.strip(), label_fr, label_en or label_fr
    db.session.add(programme)
    db.session.flush()
    return programme


SUBJECTS = ("facility_id", "facility_type_id", "programme_id", "product_id")


def save_policy(policy: Policy | None, facts: Mapping[str, Any]) -> Policy:
    """Return the policy, new or changed; two for the same subject, or levels that do not rise, are Refused."""
    current().require(EDIT)
    check_levels(facts["min_months"], facts["max_months"], facts["emergency_months"])
    if facts["facility_id"] and facts["facility_type_id"]:
        raise Refused(_("Choose a facility or a type of facility, not both."), field="facility_type")
    if facts["programme_id"] and facts["product_id"]:
        raise Refused(_("Choose a product or a programme, not both."), field="programme")
    same = select(Policy.id).where(*(getattr(Policy, name) == facts[name] for name in SUBJECTS))
    twin = db.session.scalar(same.where(Policy.id != policy.id) if policy else same)
    if twin is not None:
        raise Refused(_("There is a policy for exactly this already. Change that one."))
    policy = policy or Policy()
    for name, value in facts.items():
        if value is not None or name in SUBJECTS:  # what was left blank stays as it is, or usual
            setattr(policy, name, value)
    db.session.add(policy)
    db.session.flush()
    return policy


def check_levels(low: Decimal, high: Decimal, emergency: Decimal) -> None:
    """Raise Refused unless 0 ≤ emergency ≤ minimum ≤ maximum: each figure is named, a stored one too."""
    figures = {"emergency": shown(emergency), "low": shown(low), "high": shown(high)}
    if emergency < 0:
        raise Refused(_("Give a number of months, 0 or more."), field="emergency_months")
    if emergency > low:
        words = _("The emergency point (%(emergency)s months) lies above the minimum (%(low)s months).", **figures)
        raise Refused(words, field="emergency_months")
    if low > high:
        words = _("The maximum (%(high)s months) lies below the minimum (%(low)s months).", **figures)
        raise Refused(words, field="max_months")


def shown(months: Decimal) -> Words:
    """Return a number of months as the page's language writes it."""
    return decimal_of(months)


def remove_policy(policy: Policy) -> None:
    """Remove a policy: the next wider one counts again."""
    current().require(EDIT)
    db.session.delete(policy)
    db.session.flush()


def retire(product: Product) -> None:
    """Take a product out of use; one that is out already stays so."""
    current().require(EDIT)
    product.active = False
    db.session.flush()


def products_by_programme() -> dict[int | None, int]:
    """Return the number of products of each programme."""
    query = select(Product.programme_id, func.count()).group_by(Product.programme_id)
    return {row[0]: row[1] for row in db.session.execute(query)}
