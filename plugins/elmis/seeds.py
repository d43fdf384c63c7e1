"""The reference rows of elmis, inserted idempotently from `data/`."""

from decimal import Decimal

from sqlalchemy import select

from core.data.db import db
from core.facilities.models import FacilityType
from core.web.console import progress
from plugins.elmis import reference
from plugins.elmis.catalogue.models import Pack, Policy, Product, Programme
from plugins.elmis.demo import orders, stocks
from plugins.elmis.ledger.models import Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.requisitions.models import ApprovalLevel


def seed(kind: str, size: str) -> None:
    """Insert what `amagara seed` asks for."""
    if kind == "reference":
        programmes()
        reasons()
        policies()
        approval_levels()
        routes()
    if kind == "demo":
        progress("Demonstration: fourteen months of stock (about a minute) …")
        products()
        stocks.load(size)
        progress("Demonstration: orders, deliveries and counts (about half a minute) …")
        orders.load()


def programmes() -> None:
    """Insert the health programmes that are not there."""
    known = set(db.session.scalars(select(Programme.code)))
    for row in reference.rows("programmes"):
        if row["code"] not in known:
            db.session.add(Programme(code=row["code"], label_en=row["label_en"], label_fr=row["label_fr"]))
    db.session.flush()


def reasons() -> None:
    """Insert the reasons of movements that are not there."""
    known = set(db.session.scalars(select(Reason.code)))
    for row in reference.rows("reasons"):
        if row["code"] not in known:
            facts = {name: row[name] for name in ("code", "label_en", "label_fr", "from_kind", "to_kind")}
            flags = {name: row[name] == "1" for name in ("counts_as_consumption", "needs_comment")}
            db.session.add(Reason(**facts, **flags))
    db.session.flush()


def routes() -> None:
    """Insert who may send goods to whom, where nothing says so."""
    if db.session.scalar(select(Route.id).limit(1)) is None:
        db.session.add_all(Route(**row) for row in reference.rows("routes"))
        db.session.flush()


def policies() -> None:
    """Insert the usual months of stock for each kind of facility that has none."""
    if db.session.scalar(select(Policy.id).limit(1)) is not None:
        return
    types: dict[str, int] = dict(db.session.execute(select(FacilityType.code, FacilityType.id)).all())
    labels: dict[str, int] = dict(db.session.execute(select(Programme.code, Programme.id)).all())
    for row in reference.rows("policies"):
        if row["facility_type"] in types:
            months = {name: Decimal(row[name]) for name in ("min_months", "max_months", "emergency_months")}
            db.session.add(
                Policy(
                    facility_type_id=types[row["facility_type"]],
                    programme_id=labels.get(row["programme"]),
                    lead_time_days=int(row["lead_time_days"]),
                    **months,
                )
            )
    db.session.flush()


def approval_levels() -> None:
    """Insert the usual levels of approval of each kind of facility, unless some were written already."""
    if db.session.scalar(select(ApprovalLevel.id).limit(1)) is not None:
        return
    types: dict[str, int] = dict(db.session.execute(select(FacilityType.code, FacilityType.id)).all())
    for row in reference.rows("approval_levels"):
        if type_id := types.get(row["facility_type"]):
            db.session.add(ApprovalLevel(type_id=type_id, position=int(row["position"]), place=row["place"]))
    db.session.flush()


def products() -> None:
    """Insert the demonstration catalogue: products and their packs."""
    known = set(db.session.scalars(select(Product.code)))
    labels: dict[str, int] = dict(db.session.execute(select(Programme.code, Programme.id)).all())
    names = ("code", "name_fr", "name_en", "inn", "form_fr", "form_en", "strength", "base_unit_fr", "base_unit_en",
             "ven", "tracer", "cold", "cold_min", "cold_max", "pack_size", "unit_price")  # fmt: skip
    for spec in reference.products():
        if spec.code not in known:
            facts = {name: getattr(spec, name) for name in names}
            product = Product(**facts, pack_label=spec.pack_label_fr, programme_id=labels.get(spec.programme))
            product.packs = [Pack(size=spec.pack_size, label=spec.pack_label_fr, gtin=spec.gtin)]
            db.session.add(product)
    db.session.flush()
