"""The lists of the catalogue."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _, label_of
from core.facilities.models import Facility, FacilityType
from core.web.tables import Column, Table
from plugins.elmis.catalogue.forms import programmes
from plugins.elmis.catalogue.models import VEN, Pack, Policy, Product, Programme

Kind = aliased(FacilityType)


def pack_gtin() -> Any:
    """Return the SQL GTIN of the pack that is ordered."""
    query = select(func.min(Pack.gtin)).where(Pack.product_id == Product.id, Pack.size == Product.pack_size)
    return query.correlate(Product).scalar_subquery()


class ProductTable(Table):
    """All products."""

    model = Product
    columns = [
        Column("product", _("Product"), Product.name_fr, value=lambda row: row.name, detail=lambda row: row.code),
        Column("programme", _("Programme"), Product.programme_id, facet=programmes),
        Column("ven", _("VEN"), facet=VEN),
        Column("unit", _("Base unit"), Product.base_unit_fr, value=lambda row: row.unit),
        Column("pack_size", _("Pack size"), kind="number"),
        Column("unit_price", _("Unit price"), kind="money"),
        Column("tracer", _("Tracer"), kind="bool", facet=True),
        Column("cold", _("Cold chain"), kind="bool", facet=True, default=False),
        Column("active", _("In use"), kind="bool", facet=True, default=False),
        Column("code", _("Code"), default=False),
        Column("gtin", _("GTIN"), pack_gtin(), default=False),
        Column("name_fr", _("French name"), default=False),
        Column("name_en", _("English name"), default=False),
        Column("inn", _("INN"), default=False),
        Column("form_fr", _("Form (French)"), default=False),
        Column("form_en", _("Form (English)"), default=False),
        Column("strength", _("Strength"), default=False),
        Column("base_unit_fr", _("Base unit (French)"), default=False),
        Column("base_unit_en", _("Base unit (English)"), default=False),
        Column("pack_label", _("Pack"), default=False),
        Column("rounding_threshold", _("Rounding threshold"), kind="number", default=False),
        Column("cold_min", _("Lowest temperature (°C)"), kind="number", default=False),
        Column("cold_max", _("Highest temperature (°C)"), kind="number", default=False),
        Column("currency", _("Currency"), default=False),
    ]
    search = [Product.code, Product.name_fr, Product.name_en, Product.inn]
    default_sort = "product"
    views = [
        ("all", _("All"), {}),
        ("tracer", _("Tracers"), {"f.tracer": "true"}),
        ("cold", _("Cold chain"), {"f.cold": "true"}),
    ]
    empty = (_("No product yet"), _("Add one, or import the list of the ministry."))


class PolicyTable(Table):
    """All stock policies; the narrowest one counts."""

    model = Policy
    columns = [
        Column("whom", _("For"), func.coalesce(Facility.name, Kind.label_fr), value=lambda row: whom(row)),
        Column("what", _("What"), func.coalesce(Product.name_fr, Programme.label_fr), value=lambda row: what(row)),
        Column("min_months", _("Minimum (months)"), kind="number"),
        Column("max_months", _("Maximum (months)"), kind="number"),
        Column("emergency_months", _("Emergency point (months)"), kind="number"),
        Column("lead_time_days", _("Lead time (days)"), kind="number"),
        Column("least_days", _("Least days in stock for a CMM"), kind="number", default=False),
        Column("facility", _("Facility code"), Facility.code, default=False),
        Column("facility_type", _("Facility type"), Kind.code, default=False),
        Column("product", _("Product code"), Product.code, default=False),
        Column("programme", _("Programme"), Programme.code, default=False),
    ]
    search = [Facility.name, Kind.label_fr, Kind.label_en, Product.name_fr, Product.code, Programme.label_fr]
    default_sort = "whom"
    options = [selectinload(Policy.facility), selectinload(Policy.facility_type), selectinload(Policy.product),
               selectinload(Policy.programme)]  # fmt: skip
    empty = (_("No policy yet"), _("Without one, facilities keep between one and two months of stock."))

    def query(self) -> Select[Any]:
        """Return the policies with what they are for."""
        query = select(Policy).outerjoin(Facility, Facility.id == Policy.facility_id)
        query = query.outerjoin(Kind, Kind.id == Policy.facility_type_id)
        query = query.outerjoin(Product, Product.id == Policy.product_id)
        return query.outerjoin(Programme, Programme.id == Policy.programme_id)


def whom(row: Policy) -> Any:
    """Return for whom a policy holds."""
    if row.facility is not None:
        return row.facility.name
    return label_of(row.facility_type) if row.facility_type is not None else _("All facilities")


def what(row: Policy) -> Any:
    """Return for which products a policy holds."""
    if row.product is not None:
        return row.product.name
    return label_of(row.programme) if row.programme is not None else _("All products")
