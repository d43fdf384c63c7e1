"""The forms about facilities."""

from typing import Any

from wtforms import FieldList, FormField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length, Optional

from core.contract.words import _, label_of
from core.data.db import today
from core.facilities import services
from core.facilities.models import OPEN, PLANNED, STATUSES
from core.web.forms import DateField, DecimalField, FacilityField, Form, WholeField

PLAIN = ("type_id", "phone", "population", "latitude", "longitude", "opened_on", "closed_on")
NEEDED = InputRequired(_("A value is needed here."))


class CodeForm(PlainForm):
    """A code of another scheme."""

    scheme = StringField(_("Scheme"), [Optional(), Length(max=40)], render_kw={"list": "schemes"})
    value = StringField(_("Code"), [Optional(), Length(max=80)])


class FacilityForm(Form):
    """The plain facts of a facility."""

    type_id = SelectField(_("Type"), [NEEDED], coerce=int)
    phone = StringField(_("Phone"), [Optional(), Length(max=40)], render_kw={"type": "tel"})
    population = WholeField(_("Population"), minimum=0, maximum=2_000_000_000)
    latitude = DecimalField(_("Latitude"), minimum=-90, maximum=90)
    longitude = DecimalField(_("Longitude"), minimum=-180, maximum=180)
    opened_on = DateField(_("Opened on"), [Optional()])
    closed_on = DateField(_("Closed on"), [Optional()])
    codes = FieldList(FormField(CodeForm), min_entries=3, max_entries=20)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.type_id.choices = [(kind.id, label_of(kind)) for kind in services.types()]

    def values(self) -> dict[str, Any]:
        """Return the plain columns."""
        return {name: self[name].data for name in PLAIN if name in self} | {"phone": self.phone.data or ""}

    def code_values(self) -> dict[str, str]:
        """Return {scheme: value} of the lines that are filled."""
        lines = [(line.form.scheme.data or "", line.form.value.data or "") for line in self.codes]
        return {scheme.strip().lower(): value.strip() for scheme, value in lines if scheme.strip() and value.strip()}


class NewFacilityForm(FacilityForm):
    """A facility that does not exist yet."""

    code = StringField(_("Code"), [NEEDED, Length(max=40)], description=_("It never changes."))
    name = StringField(_("Name"), [NEEDED, Length(max=200)])
    parent = FacilityField(_("Lies in"), [NEEDED])
    status = SelectField(_("Status"), choices=[(code, STATUSES[code]) for code in (OPEN, PLANNED)])
    closed_on = None

    def values(self) -> dict[str, Any]:
        """Return the columns of a new facility."""
        new = {"code": self.code.data.strip(), "name": self.name.data.strip(), "parent_id": self.parent.data}
        return super().values() | new | {"status": self.status.data}


class _Dated(Form):
    on = DateField(_("As of"), [NEEDED], default=today)
    reason = TextAreaField(_("Reason"), [Optional(), Length(max=500)], description=_("Kept in the audit trail."))


class RenameForm(_Dated):
    """Another name."""

    name = StringField(_("New name"), [NEEDED, Length(max=200)])


class MoveForm(_Dated):
    """Another parent."""

    parent = FacilityField(_("Move below"), [NEEDED])


class CloseForm(_Dated):
    """The last day."""
