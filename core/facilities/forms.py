"""The forms about facilities."""

from typing import Any

from core.contract.words import _, label_of
from core.data.db import today
from core.facilities import services
from core.facilities.models import OPEN, PLANNED, STATUSES, Facility
from core.web.forms import (
    ChoiceField,
    DateField,
    DecimalField,
    FacilityField,
    Form,
    Lines,
    LongText,
    QuantityField,
    SubForm,
    TextField,
)


def type_choices() -> list[tuple[int, str]]:
    """Return (id, label) of the types of facilities."""
    return [(kind.id, label_of(kind)) for kind in services.types()]


class CodeForm(SubForm):
    """A code of another scheme."""

    scheme = TextField(_("Scheme"), required=True, max_length=40, render_kw={"list": "schemes"})
    value = TextField(_("Code"), required=True, max_length=80)


class FactsForm(Form):
    """The plain facts of a facility."""

    owned = Facility.__entity__

    type_id = ChoiceField(_("Type"), type_choices, required=True)
    phone = TextField(_("Phone"), max_length=40, render_kw={"type": "tel"})
    population = QuantityField(_("Population"), maximum=2_000_000_000)
    latitude = DecimalField(_("Latitude"), minimum=-90, maximum=90)
    longitude = DecimalField(_("Longitude"), minimum=-180, maximum=180)
    opened_on = DateField(_("Opened on"))

    def values(self) -> dict[str, Any]:
        """Return the plain columns."""
        degrees = {name: self[name].data for name in ("latitude", "longitude")}
        place = {name: None if value is None else float(value) for name, value in degrees.items()}
        facts = {name: self[name].data for name in ("phone", "population", "opened_on")}
        return {"type_id": int(self.data["type_id"]), **facts, **place}


class FacilityForm(FactsForm):
    """The facts and codes of a facility that exists."""

    codes = Lines(CodeForm, _("Codes of other schemes"), maximum=20)

    def values(self) -> dict[str, Any]:
        """Return the plain columns, and {scheme: value} of the lines that are filled."""
        return {**super().values(), "codes": {line["scheme"].lower(): line["value"] for line in self.codes.data}}


def stored(facility: Facility) -> dict[str, Any]:
    """Return what the form shows of a facility; a blank line waits for a further code, script or not."""
    names = ("type_id", "phone", "population", "latitude", "longitude", "opened_on")
    codes = [{"scheme": code.scheme, "value": code.value} for code in facility.codes]
    return {**{name: getattr(facility, name) for name in names}, "codes": [*codes, {}]}


def facts_form(facility: Facility) -> FacilityForm:
    """Return the form of what is known of a facility."""
    return FacilityForm(row=facility, stored=stored)


class NewFacilityForm(FactsForm):
    """A facility that does not exist yet."""

    parent = FacilityField(_("Lies in"), required=True, permission=services.EDIT)
    name = TextField(_("Name"), required=True)
    code = TextField(_("Code"), required=True, max_length=40, help=_("It never changes."))
    status = ChoiceField(_("Status"), [(each, STATUSES[each]) for each in (OPEN, PLANNED)], required=True, default=OPEN)

    def values(self) -> dict[str, Any]:
        """Return the columns of a new facility."""
        new = {"code": self.code.data, "name": self.name.data, "parent_id": self.data["parent"].id}
        return {**super().values(), **new, "status": self.status.data}


class Dated(Form):
    """A change as of a day, with its reason."""

    on = DateField(_("As of"), required=True, default=today)
    reason = LongText(_("Reason"), max_length=500, help=_("Kept in the audit trail."), render_kw={"rows": 2})

    def values(self) -> dict[str, Any]:
        """Return what changes; the reason is the whole act's."""
        return {name: value for name, value in super().values().items() if name != "reason"}


class RenameForm(Dated):
    """Another name."""

    name = TextField(_("New name"), required=True)


def rename_form(facility: Facility) -> RenameForm:
    """Return the form of another name, filled with the present one."""
    return RenameForm(name=facility.name)


class MoveForm(Dated):
    """Another parent."""

    parent = FacilityField(_("Move below"), required=True, permission=services.EDIT)
