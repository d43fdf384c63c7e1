"""The forms of the register: a line a field."""

from datetime import time
from typing import Any

from core.contract.words import _
from core.data.calendar import moment, today
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField, TimeField
from core.web.fields import LongText, MoneyField, QuantityField, TextField
from core.web.forms import Form
from plugins.gmao.equipment.models import CURRENCIES, ENERGIES, FUNDINGS, REASONS, STATUSES, needs_reason
from plugins.gmao.equipment.states import COMMISSIONING, MACHINE, PLANNED, RECEIVED, SERVICE, STORE

BEGINNINGS = {state: MACHINE.states[state].label for state in (SERVICE, STORE, RECEIVED, COMMISSIONING, PLANNED)}
CONDITIONS = {code: state.label for code, state in STATUSES.items()}
TELLS_WHY = {"data-only": "", "data-demands": "because", "data-when": " ".join(filter(needs_reason, STATUSES))}
NOON = time(12)


class EquipmentForm(Form):
    """What is known of a piece."""

    owned = "gmao.equipment"
    type = EntityField(
        _("Type"), "gmao.type", help=_("What it is, whoever made it. Empty where the model is chosen: it says so.")
    )
    model = EntityField(_("Maker and model"), "gmao.model", help=_("As on the plate. Empty if it is not in the list."))
    serial = TextField(_("Serial number"), max_length=80)
    inventory = TextField(_("Former inventory number"), max_length=60)
    udi = TextField(_("UDI or lot"), max_length=120)
    building = TextField(_("Building"), max_length=80)
    room = TextField(_("Room or service"), max_length=80)
    custodian = TextField(_("In whose care"), max_length=120)
    parent = EntityField(_("Part of"), "gmao.equipment", help=_("The piece that it belongs to, by its tag."))
    energy = ChoiceField(_("Energy"), ENERGIES)
    funding = ChoiceField(_("Paid by"), FUNDINGS)
    donor = TextField(_("Donor"), max_length=120)
    project = TextField(_("Project"), max_length=120)
    supplier = TextField(_("Supplier"), max_length=120)
    cost_bif = MoneyField(_("Cost (FBu)"))
    cost = MoneyField(_("Cost in another currency"))
    currency = ChoiceField(_("Currency"), CURRENCIES)
    made_year = QuantityField(_("Year of manufacture"), minimum=1900, maximum=2100)
    received_on = DateField(_("Received on"))
    installed_on = DateField(_("Installed on"))
    accepted_on = DateField(_("Accepted on"))
    in_service_on = DateField(_("In service since"))
    warranty_until = DateField(_("Warranty until"))
    contract = TextField(_("Maintenance contract"), max_length=120, help=_("With whom, and its number."))
    contract_until = DateField(_("Contract until"))
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether the form is right; it names a type or a model."""
        right = super().validate(extra_validators)
        if self.is_submitted() and self.type.is_blank() and self.model.is_blank():
            self.type.errors = [*self.type.errors, _("Say what it is: choose a type, or a model.")]
            return False
        return right


class NewEquipmentForm(EquipmentForm):
    """A new piece: how it stands now, and its photos."""

    state = ChoiceField(_("Life"), BEGINNINGS, required=True, default=SERVICE)
    status = ChoiceField(_("Working order"), CONDITIONS, required=True, default="functional", render_kw=TELLS_WHY)
    because = ChoiceField(_("Because"), REASONS, help=_("Needed where it does not work as it should."))
    photos = FilesField(_("Photos"))


class StatusForm(Form):
    """Whether a piece works, since when, and why not."""

    status = ChoiceField(_("Working order"), CONDITIONS, required=True, tiles=True, render_kw=TELLS_WHY)
    because = ChoiceField(_("Because"), REASONS, help=_("Needed where it does not work as it should."))
    on = DateField(_("Since"), required=True, default=today)
    clock = TimeField(_("Hour"), help=_("Empty: now, or noon of an earlier day."))
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})
    photos = FilesField(_("Photos"))

    def values(self) -> dict[str, Any]:
        """Return what is said, and the moment since when."""
        said = super().values()
        day, clock = said.pop("on"), said.pop("clock")
        now = clock is None and day == today()
        return {**said, "at": None if now or day is None else moment(day, clock or NOON)}
