"""The forms of the catalogue."""

from typing import Any

from sqlalchemy import select

from core.contract.words import _, label_of
from core.data.db import db
from core.facilities.models import FacilityType
from core.web.forms import (
    BooleanField,
    ChoiceField,
    DecimalField,
    EntityField,
    FacilityField,
    Form,
    Lines,
    MoneyField,
    QuantityField,
    SubForm,
    TextField,
)
from plugins.elmis.catalogue.models import LEAD_TIME, LEAST_DAYS, VEN, Policy, Product, Programme
from plugins.elmis.catalogue.services import PackSpec

CURRENCIES = {"BIF": "BIF (FBu)", "USD": "USD ($)", "EUR": "EUR (€)"}
PROGRAMMES = select(Programme.id, Programme.label_fr, Programme.label_en).order_by(Programme.code)
PACK = {"render_kw": {"data-field": "quantity"}}


def programmes() -> dict[int, str]:
    """Return the labels of the programmes by id."""
    return {row.id: label_of(row) for row in db.session.execute(PROGRAMMES)}


class PackForm(SubForm):
    """A pack that is traded."""

    size = QuantityField(_("Content"), required=True, minimum=1, maximum=10**6, **PACK)
    label = TextField(_("Pack"), max_length=80)
    gtin = TextField(_("GTIN"), max_length=20, render_kw={"inputmode": "numeric"})


class ProductForm(Form):
    """A product and its packs."""

    owned = Product.__entity__
    rehearses = True
    spared = ("unit_price",)

    code = TextField(_("Code"), required=True, max_length=40)
    name_fr = TextField(_("French name"), required=True, max_length=250)
    name_en = TextField(_("English name"), max_length=250)
    inn = TextField(_("INN"), max_length=200, help=_("The international non-proprietary name."))
    form_fr = TextField(_("Form (French)"), max_length=80)
    form_en = TextField(_("Form (English)"), max_length=80)
    strength = TextField(_("Strength"), max_length=80)
    base_unit_fr = TextField(
        _("Base unit (French)"), required=True, max_length=40, help=_("Stock is counted in it: tablet, vial, test …")
    )
    base_unit_en = TextField(_("Base unit (English)"), max_length=40)
    programme_id = ChoiceField(_("Programme"), programmes)
    ven = ChoiceField(_("VEN"), VEN, required=True, tiles=True)
    tracer = BooleanField(_("Tracer: its stock-outs are watched on the dashboards"))
    cold = BooleanField(_("Kept in the cold chain"))
    cold_min = QuantityField(_("Lowest temperature (°C)"), minimum=-90, maximum=60)
    cold_max = QuantityField(_("Highest temperature (°C)"), minimum=-90, maximum=60)
    pack_size = QuantityField(
        _("Pack size"),
        required=True,
        minimum=1,
        maximum=10**6,
        default=1,
        help=_("Base units in the pack that is asked for."),
    )
    pack_label = TextField(_("Pack"), max_length=80)
    rounding_threshold = QuantityField(
        _("Rounding threshold"), maximum=10**6, default=0, help=_("A rest of more units than this takes one pack more.")
    )
    unit_price = MoneyField(_("Price of a base unit"), maximum=10**9)
    currency = ChoiceField(_("Currency"), CURRENCIES, required=True, default="BIF")
    active = BooleanField(_("In use"), default=True)
    has_lots = BooleanField(
        _("Packs carry lot numbers"), default=True, help=_("Without the tick a receipt needs no lot number.")
    )
    packs = Lines(PackForm, _("Packs and GTINs"), maximum=50)

    def values(self) -> dict[str, Any]:
        """Return the columns of the product, and the packs that were filled in."""
        names = [field.name for field in self if field.name in Product.__mapper__.column_attrs]
        facts = {name: self[name].data for name in names}
        facts |= {"rounding_threshold": facts["rounding_threshold"] or 0}
        return {"facts": facts, "packs": [PackSpec(row["size"], row["label"], row["gtin"]) for row in self.packs.data]}


def stored_product(product: Product) -> dict[str, Any]:
    """Return a product as its form shows it."""
    columns = {name: getattr(product, name) for name in Product.__mapper__.column_attrs.keys()}  # noqa: SIM118 (a mapper's collection iterates over attributes)
    packs = [{"size": row.size, "label": row.label, "gtin": row.gtin or ""} for row in product.packs]
    return columns | {"packs": packs}


class ProgrammeForm(Form):
    """A health programme."""

    code = TextField(_("Code"), required=True, max_length=20, help=_("Short, as imports name it: PALU, VIH, PEV …"))
    label_fr = TextField(_("French label"), required=True, max_length=120, help=_("As lists and filters show it."))
    label_en = TextField(_("English label"), max_length=120, help=_("Left empty, the French label stands here too."))

    def values(self) -> dict[str, Any]:
        """Return code and labels, "" where nothing was typed."""
        return {name: text or "" for name, text in super().values().items()}


def types() -> dict[int, str]:
    """Return the labels of the kinds of facility by id."""
    rows = db.session.scalars(select(FacilityType).order_by(FacilityType.level, FacilityType.code))
    return {row.id: label_of(row) for row in rows}


MONTHS = {"required": True, "maximum": 60, "places": 4}


class PolicyForm(Form):
    """How many months of stock, for whom and for which products."""

    facility = FacilityField(_("Facility"), help=_("For this one alone; it goes before its type."))
    facility_type = ChoiceField(_("Type of facility"), types, blank=_("All facilities"))
    product = EntityField(_("Product"), "elmis.product", help=_("For this one alone; it goes before its programme."))
    programme = ChoiceField(_("Programme"), programmes, blank=_("All products"))
    emergency_months = DecimalField(
        _("Emergency point (months)"), help=_("With less, a product counts as an emergency; 0 for never."), **MONTHS
    )
    min_months = DecimalField(_("Minimum (months)"), help=_("With less, a product counts as low."), **MONTHS)
    max_months = DecimalField(_("Maximum (months)"), help=_("Requisitions fill the stock up to here."), **MONTHS)
    lead_time_days = QuantityField(
        _("Lead time (days)"), required=True, maximum=730, default=LEAD_TIME,
        help=_("From the requisition to the receipt; where the minimum lasts less, requisitions are larger."),
    )  # fmt: skip
    least_days = QuantityField(
        _("Least days in stock for a CMM"), maximum=92, default=LEAST_DAYS,
        help=_("With fewer, older months are looked at, no more is assumed than for that many, and a person decides."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return the columns of the policy."""
        facts = {name: self[name].data for name in POLICY_FIGURES}
        facts |= {"facility_type_id": self.facility_type.data, "programme_id": self.programme.data}
        facility, product = self.facility.data, self.product.data
        facts |= {"facility_id": facility and facility.id, "product_id": product and product.id}
        return {"facts": facts}


POLICY_FIGURES = ("emergency_months", "min_months", "max_months", "lead_time_days", "least_days")


def stored_policy(policy: Policy) -> dict[str, Any]:
    """Return a policy as its form shows it."""
    facts = {name: getattr(policy, name) for name in POLICY_FIGURES}
    facts |= {"facility": policy.facility, "product": policy.product}
    return facts | {"facility_type": policy.facility_type_id, "programme": policy.programme_id}
