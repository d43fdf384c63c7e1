"""The reference rows of elmis as plain values, read from the CSV files beside this module."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from core.data.reference import rows_of

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class ProductSpec:
    """One product; `monthly` is what a health centre of 12,000 people uses, in base units."""

    code: str
    name_fr: str
    name_en: str
    inn: str
    form_fr: str
    form_en: str
    strength: str
    base_unit_fr: str
    base_unit_en: str
    pack_size: int
    pack_label_fr: str
    pack_label_en: str
    programme: str
    ven: str
    tracer: bool
    cold: bool
    cold_min: int | None
    cold_max: int | None
    gtin: str
    unit_price: Decimal
    monthly: float
    season: str
    level: str
    in_district_demo: bool


def products() -> list[ProductSpec]:
    """The 400 products of the catalogue."""
    return [_product(row) for row in rows("products")]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one file: programmes, reasons, policies or products."""
    return rows_of(DATA / f"{name}.csv")


def _product(row: dict[str, str]) -> ProductSpec:
    typed = {
        "pack_size": int(row["pack_size"]),
        "unit_price": Decimal(row["unit_price"]),
        "monthly": float(row["monthly"]),
        "cold_min": _degrees(row["cold_min"]),
        "cold_max": _degrees(row["cold_max"]),
        **{key: row[key] == "1" for key in ("tracer", "cold", "in_district_demo")},
    }
    return ProductSpec(**{**row, **typed})  # type: ignore[arg-type]


def _degrees(text: str) -> int | None:
    return int(text) if text else None
