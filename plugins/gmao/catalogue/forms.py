"""The forms of types and models."""

from core.contract.words import _
from core.web.choices import ChoiceField, EntityField
from core.web.fields import BooleanField, DecimalField, MoneyField, QuantityField, TextField
from core.web.forms import Form
from plugins.gmao.catalogue.models import APPLIED, CLASSES, KINDS

COLD = _("Of the cold chain, net, as its PQS data sheet says.")
YEARS = _("Years from its first use until it is usually replaced.")


class TypeForm(Form):
    """A type of equipment."""

    code = TextField(_("Code"), max_length=40, required=True)
    label_fr = TextField(_("French name"), max_length=160, required=True)
    label_en = TextField(_("English name"), max_length=160)
    kind = ChoiceField(_("Domain"), KINDS, required=True)
    function_score = QuantityField(
        _("Function (2–10)"), required=True, minimum=2, maximum=10, help=_("10 life support … 2 no patient.")
    )
    risk_score = QuantityField(
        _("Physical risk (1–5)"), required=True, minimum=1, maximum=5, help=_("5 death … 1 none.")
    )
    maintenance_score = QuantityField(
        _("Maintenance need (1–5)"), required=True, minimum=1, maximum=5, help=_("5 extensive … 1 least.")
    )
    interval = QuantityField(_("Preventive maintenance every (months)"), minimum=1, maximum=120)
    useful_life = QuantityField(_("Useful life (years)"), minimum=1, maximum=60, help=YEARS)
    powered = BooleanField(_("Needs power"))
    emdn = TextField("EMDN", max_length=20)
    gmdn = TextField("GMDN", max_length=20)
    umdns = TextField("UMDNS", max_length=20)
    pqs = TextField(_("PQS category"), max_length=20)
    national = TextField(_("National code"), max_length=40)


class ModelForm(Form):
    """A maker's model."""

    type = EntityField(_("Type"), "gmao.type", required=True)
    maker = TextField(_("Maker"), max_length=80, required=True)
    model = TextField(_("Model"), max_length=80, required=True)
    safety_class = ChoiceField(_("Protection class"), CLASSES, help=_("As IEC 60601-1 has it."))
    applied_part = ChoiceField(_("Applied part"), APPLIED)
    power = TextField(_("Power"), max_length=80, help=_("For example 230 V, 50 Hz, 350 W."))
    useful_life = QuantityField(_("Useful life (years)"), minimum=1, maximum=60, help=YEARS)
    price = MoneyField(_("Replacement cost (FBu)"))
    supported_until = QuantityField(_("Maker's support ends (year)"), minimum=1950, maximum=2100)
    pqs = TextField(_("PQS code"), max_length=20)
    litres = DecimalField(_("Vaccine storage at +5 °C (litres)"), maximum=100_000, places=2, help=COLD)
    freezer_litres = DecimalField(_("Storage at −20 °C (litres)"), maximum=100_000, places=2)
    holdover = QuantityField(_("Holdover without power (hours)"), minimum=1, maximum=2000)
