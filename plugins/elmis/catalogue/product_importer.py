"""The product list of another system comes in: codes found or made, packs and GTINs kept."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _, label_of
from core.data import own
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from core.imports.parse import Reading, plain
from plugins.elmis.catalogue.models import VEN, Pack, Product, Programme
from plugins.elmis.catalogue.services import EDIT, checked_gtin, in_use, other_units

# What the units of other systems are called here, {plain word: (French, English)}.
UNITS = {
    "each": ("unité", "unit"), "ea": ("unité", "unit"), "unit": ("unité", "unit"), "unite": ("unité", "unit"),
    "tablet": ("comprimé", "tablet"), "tab": ("comprimé", "tablet"), "comprime": ("comprimé", "tablet"),
    "capsule": ("gélule", "capsule"), "gelule": ("gélule", "capsule"), "vial": ("flacon", "vial"),
    "bottle": ("flacon", "bottle"), "flacon": ("flacon", "vial"), "ampoule": ("ampoule", "ampoule"),
    "tube": ("tube", "tube"), "sachet": ("sachet", "sachet"), "test": ("test", "test"), "dose": ("dose", "dose"),
}  # fmt: skip
FACTS = (
    "name_fr", "name_en", "inn", "form_fr", "form_en", "strength", "base_unit_fr", "base_unit_en", "ven", "tracer",
    "cold", "cold_min", "cold_max", "pack_size", "pack_label", "rounding_threshold", "unit_price", "currency", "active",
)  # fmt: skip


def gtin(value: str, reading: Reading) -> str:
    """Return a GTIN with 14 digits; one with a wrong check digit is refused."""
    found = checked_gtin(value)
    if found is None:
        raise Refused(_("This is not a GTIN."))
    return found


def pattern(value: str, reading: Reading) -> str:
    """Return a pattern of codes: "WHO-####" makes WHO-0001, WHO-0002 …"""
    if not re.fullmatch(r"[^#]{0,30}#{2,8}[^#]{0,10}", value):
        raise Refused(_("Write the pattern with two or more # for the number, such as WHO-####."))
    return value


def programmes() -> dict[str, Any]:
    """Return {code: label} of the programmes."""
    return {row.code: label_of(row) for row in db.session.scalars(select(Programme).order_by(Programme.code))}


@dataclass
class Plan:
    """What `apply` needs: products by code in small letters, {line: code} of made codes, programmes."""

    products: dict[str, Product] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    made: dict[int, str] = field(default_factory=dict)
    programmes: Mapping[str, int] = field(default_factory=dict)
    gtins: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def code_of(self, row: Row) -> str:
        """Return the code of a line: its own, that of the product of its name, or a made one."""
        return str(row["code"] or self.made.get(row.line, ""))

    def find(self, row: Row) -> Product | None:
        """Return the stored product of a line."""
        return self.products.get(key_of(self.code_of(row)))


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return the plan of an import; refuses lines without code or name, and GTINs of other products."""
    plan = _stored()
    for row in rows:
        if _sound(row, plan, report):
            known = plan.find(row)
            changed = known is None or _changes(row, known, plan)
            report.count("new" if known is None else "changed" if changed else "same", row)
    return plan


def _stored() -> Plan:
    plan = Plan(programmes=dict(db.session.execute(select(Programme.code, Programme.id)).all()))
    for product in db.session.scalars(select(Product).options(selectinload(Product.packs))):
        plan.products[product.code_key] = product
        for name in (product.name_fr, product.name_en):
            plan.names.setdefault(plain(name), product.code)
        plan.gtins |= {pack.gtin: product.code_key for pack in product.packs if pack.gtin}
    return plan


def _sound(row: Row, plan: Plan, report: Report) -> bool:
    """Return whether a line can be taken; else it is refused. Its code is made here when it has none."""
    name = row["name_fr"] or row["name_en"]
    if not row["code"]:
        _make_code(row, name, plan)
    code = key_of(plan.code_of(row))
    if not code:
        report.refuse(row, "code", _("There is no code. Give a pattern of codes, such as WHO-####, to have them made."))
    elif not name and code not in plan.products:
        report.refuse(row, "name_fr", _("A new product needs a name."))
    elif not (row["base_unit_fr"] or row["base_unit_en"]) and code not in plan.products:
        report.refuse(row, "base_unit_fr", _("A new product needs a base unit."))
    elif row["gtin"] and plan.gtins.setdefault(row["gtin"], code) != code:
        owner = plan.gtins[row["gtin"]]
        owner = plan.products[owner].code if owner in plan.products else owner
        report.refuse(row, "gtin", _("This GTIN belongs to the product %(code)s.", code=owner))
    elif (known := plan.products.get(code)) is not None and (unit := _counted_otherwise(row, known, plan)):
        words = _("The stock of this product is counted in “%(unit)s”. Add another product instead.", unit=unit[1])
        report.refuse(row, unit[0], words)
    else:
        return _has_its_fields(row, known, plan, report)
    return False


def _has_its_fields(row: Row, known: Product | None, plan: Plan, report: Report) -> bool:
    """Refuse own fields that such a product has not, or that must be filled in, and say whether all is well."""
    programme = plan.programmes.get(row["programme"] or "", known.programme_id if known is not None else None)
    found = list(own.faults(Product.__entity__, programme, "", row.family("own:"), known is None))
    for code, words in found:
        report.refuse(row, f"own:{code}", words)
    return not found


def _counted_otherwise(row: Row, known: Product, plan: Plan) -> tuple[str, str] | None:
    """Return (column, unit) when a line would give a product in use another base unit."""
    changed = other_units(known, _facts(row, plan, known))
    return (changed[0][0], changed[0][1]) if changed and in_use(known) else None


def _make_code(row: Row, name: str | None, plan: Plan) -> None:
    """Give a line the code of the product of its name, else the next free one of its pattern."""
    known = plan.names.get(plain(name or "")) if name else None
    code = known or (_next(row["code_pattern"], plan) if row["code_pattern"] and name else None)
    if code:
        plan.made[row.line] = code
        plan.names.setdefault(plain(name or ""), code)


def _next(made_as: str, plan: Plan) -> str:
    hashes = re.search("#+", made_as)
    width = len(hashes.group()) if hashes else 1
    while True:
        plan.numbers[made_as] = plan.numbers.get(made_as, 0) + 1
        code = re.sub("#+", f"{plan.numbers[made_as]:0{width}d}", made_as)
        if key_of(code) not in plan.products:
            return code


def _facts(row: Row, plan: Plan, known: Product | None) -> dict[str, Any]:
    """Return the columns of a line; what it leaves empty stays, and a new product gets both names and units."""
    facts = {name: row[name] for name in FACTS if row[name] is not None}
    if plain(row["base_unit_en"] or "") in UNITS:
        facts["base_unit_en"] = UNITS[plain(row["base_unit_en"])][1]
    if row["programme"]:
        facts["programme_id"] = plan.programmes[row["programme"]]
    if given := row.family("own:"):
        facts["own"] = own.merged(Product.__entity__, known.own if known is not None else {}, given)
    if known is not None and row.line in plan.made:  # found by its name: how that is spelt here stays
        facts = {name: value for name, value in facts.items() if name not in ("name_fr", "name_en", "base_unit_en")}
    if known is None:
        facts.setdefault("name_fr", row["name_en"])
        unit = facts.get("base_unit_fr") or facts.get("base_unit_en") or ""
        french, english = UNITS.get(plain(unit), (unit, unit))
        facts.setdefault("base_unit_fr", french)
        facts.setdefault("base_unit_en", english)
    return facts


def _changes(row: Row, known: Product, plan: Plan) -> bool:
    """Return whether a line says anything new of a product."""
    facts = _facts(row, plan, known)
    if any(getattr(known, name) != value for name, value in facts.items()):
        return True
    return bool(row["gtin"]) and row["gtin"] not in {pack.gtin for pack in known.packs}


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the products of all lines; each leaves its own line in the audit trail."""
    for row in rows:
        known = plan.find(row)
        if known is None:
            code = plan.code_of(row)
            known = plan.products[key_of(code)] = Product(code=code, **_facts(row, plan, None))
            db.session.add(known)
        elif not _changes(row, known, plan):
            continue
        for name, value in _facts(row, plan, known).items():
            setattr(known, name, value)
        _pack(row, known)
    db.session.flush()


def _pack(row: Row, product: Product) -> None:
    """Add the pack of a line unless the product has it."""
    size = row["pack_size"] or product.pack_size or 1
    if row["gtin"] and row["gtin"] not in {pack.gtin for pack in product.packs}:
        bare = next((pack for pack in product.packs if pack.gtin is None and pack.size == size), None)
        if bare is None:
            product.packs.append(Pack(size=size, label=row["pack_label"] or "", gtin=row["gtin"]))
        else:
            bare.gtin = row["gtin"]
    elif row["pack_size"] and size not in {pack.size for pack in product.packs}:
        product.packs.append(Pack(size=size, label=row["pack_label"] or ""))


PRODUCTS = Importer(
    fields=[
        Field("code", _("Code"), parse.text(40), aliases=["product code", "code article", "code produit", "sku"]),
        Field("code_pattern", _("Pattern of made codes"), pattern,
              help=_("For lines without a code: WHO-#### makes WHO-0001, WHO-0002 … "
                     "A product of the same name keeps its code.")),
        Field("name_fr", _("French name"), parse.text(250), aliases=["désignation", "article", "nom", "libellé"]),
        Field("name_en", _("English name"), parse.text(250), aliases=["name", "product name", "description"]),
        Field("inn", _("INN"), parse.text(200), aliases=["dci", "generic name"]),
        Field("form_fr", _("Form (French)"), parse.text(80), aliases=["forme", "forme galénique"]),
        Field("form_en", _("Form (English)"), parse.text(80), aliases=["form", "dosage form"]),
        Field("strength", _("Strength"), parse.text(80, numbers=True), aliases=["dosage"]),
        Field("base_unit_fr", _("Base unit (French)"), parse.text(40), aliases=["unité", "unité de base"]),
        Field("base_unit_en", _("Base unit (English)"), parse.text(40), aliases=["unit", "uom", "unit of measure"]),
        Field("programme", _("Programme"), parse.text(20), choices=programmes, aliases=["program"]),
        Field("ven", _("VEN"), parse.text(1), choices=lambda: VEN),
        Field("tracer", _("Tracer"), parse.boolean, aliases=["traceur"]),
        Field("cold", _("Cold chain"), parse.boolean, aliases=["chaîne du froid", "coldchain"]),
        Field("cold_min", _("Lowest temperature (°C)"), parse.whole(-90, 60)),
        Field("cold_max", _("Highest temperature (°C)"), parse.whole(-90, 60)),
        Field("pack_size", _("Pack size"), parse.whole(1, 10**6), aliases=["conditionnement", "unités par boîte"]),
        Field("pack_label", _("Pack"), parse.text(80)),
        Field("rounding_threshold", _("Rounding threshold"), parse.whole(0, 10**6)),
        Field("gtin", _("GTIN"), gtin, aliases=["upc", "ean", "barcode", "code-barres"]),
        Field("unit_price", _("Unit price"), parse.amount(0, 10**9), aliases=["prix", "unit cost", "price"]),
        Field("currency", _("Currency"), parse.text(3)),
        Field("active", _("In use"), parse.boolean, aliases=["active", "actif"]),
    ],
    key=["code"],
    permission=EDIT,
    prepare=prepare,
    apply=apply,
    example={
        "code": "AMX250", "name_fr": "Amoxicilline 250 mg, gélule", "name_en": "Amoxicillin 250 mg, capsule",
        "inn": "amoxicilline", "form_fr": "gélule", "form_en": "capsule", "strength": "250 mg",
        "base_unit_fr": "gélule", "base_unit_en": "capsule", "programme": "ME", "ven": "V", "tracer": "oui",
        "cold": "non", "cold_min": "", "cold_max": "", "pack_size": "1000", "pack_label": "boîte de 1000",
        "rounding_threshold": "1", "gtin": "", "unit_price": "25", "currency": "BIF", "active": "oui",
    },
    known=[
        {"ProductCode": "code", "Name": "name_en", "UnitOfMeasure": "base_unit_en", "UnitCost": "unit_price",
         "ColdChain": "cold", "UPC": "gtin", "Active": "active"},
    ],
)  # fmt: skip
