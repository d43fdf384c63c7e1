"""The forms of offers."""

from flask import request

from core.contract.words import _
from core.data.calendar import today
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField, FacilityField
from core.web.dates import DateField
from core.web.fields import LongText, MoneyField, QuantityField, TextField
from core.web.forms import Form
from plugins.gmao.donations.models import ANSWERS, CHECKS, CONDITIONS, FREQUENCIES, OUTCOMES, SUPPLIES, Offer, OfferItem
from plugins.gmao.donations.settings import LETTERS

UNTOLD = _("Not told")
MOST = 500  # pieces of an item


class OfferForm(Form):
    """Who offers equipment."""

    donor = TextField(_("Donor"), required=True, max_length=120)
    project = TextField(_("Project"), max_length=120)
    contact = TextField(_("Contact"), max_length=200, help=_("Person, telephone or address: the letter goes there."))
    offered_on = DateField(_("Offered on"), required=True, default=today)
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})


class NewOfferForm(OfferForm):
    """A new offer, with its papers."""

    files = FilesField(_("Documents"))


class PlugsField(TextField):
    """The plugs of a piece, by the letters of their types."""

    def read(self, text: str) -> str:
        """Return the text; ValueError for what are no letters of plugs."""
        text = super().read(text)
        if text and not LETTERS.fullmatch(text):
            raise ValueError(_("Give letters with commas between them: C, E."))
        return text


class ItemForm(Form):
    """What is offered, and what is told of it."""

    type = EntityField(_("Type"), "gmao.type", help=_("Empty where the model is chosen: it says so."))
    model = EntityField(_("Maker and model"), "gmao.model")
    quantity = QuantityField(_("Quantity"), required=True, minimum=1, maximum=MOST, default=1)
    condition = ChoiceField(_("New or used"), CONDITIONS, required=True, tiles=True, default="new")
    made_year = QuantityField(_("Year of manufacture"), minimum=1950, maximum=2100)
    volts_least = QuantityField(_("Voltage (V)"), minimum=1, maximum=1000)
    volts_most = QuantityField(
        _("Voltage up to (V)"), minimum=1, maximum=1000, help=_("Where it works on several: 100 up to 240.")
    )
    frequency = ChoiceField(_("Frequency"), FREQUENCIES, blank=UNTOLD)
    plugs = PlugsField(_("Plug"), max_length=40, help=_("Letters of its types: C, E."))
    manual = ChoiceField(_("Manual in French"), ANSWERS, blank=UNTOLD)
    consumables = ChoiceField(_("Consumables"), SUPPLIES, blank=UNTOLD)
    consumables_cost = MoneyField(_("Cost of consumables a year (FBu)"), minimum=0)
    service = ChoiceField(_("Service in the country"), ANSWERS, blank=UNTOLD)
    training = ChoiceField(_("Training of users"), ANSWERS, blank=UNTOLD, help=_("The donor has users trained."))
    warranty_months = QuantityField(_("Warranty (months)"), maximum=240)


class JudgeForm(Form):
    """What a person has found of a check."""

    check = ChoiceField(_("Check made"), CHECKS, required=True)
    outcome = ChoiceField(
        _("Outcome"), {code: state.label for code, state in OUTCOMES.items()}, required=True, tiles=True
    )
    note = LongText(
        _("Reason"), required=True, max_length=1000, render_kw={"rows": 2}, help=_("What you found, and how.")
    )


def judge_form(item: OfferItem) -> JudgeForm:
    """Return the form of a check of an item: of the one that the address names, if it names one."""
    form, asked = JudgeForm(), request.args.get("check", "")
    if not form.is_submitted() and asked in CHECKS:
        form.check.data = asked
    return form


class TermsForm(Form):
    """Under which conditions an offer is accepted."""

    terms = LongText(_("Conditions"), required=True, max_length=2000, help=_("The letter to the donor says them."))


class PlaceForm(Form):
    """Where the pieces will stand."""

    place = FacilityField(_("Where they will stand"), required=True)


class ReceiveForm(PlaceForm):
    """When they came."""

    received_on = DateField(_("Received on"), required=True, default=today)


def place_form(offer: Offer) -> PlaceForm:
    """Return the form of where the pieces of an offer will stand: the place to which they are offered, first."""
    form = PlaceForm()
    _propose(form, offer)
    return form


def receive_form(offer: Offer) -> ReceiveForm:
    """Return the form of what has come."""
    form = ReceiveForm()
    _propose(form, offer)
    return form


def _propose(form: PlaceForm, offer: Offer) -> None:
    if not form.is_submitted():
        form.place.data = offer.facility
