"""The form of an own field."""

from typing import Any

from flask import request
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from core.contract.words import _
from core.data.own import KINDS, TEXT, OwnField
from core.fields import services
from core.fields.services import ChoiceSpec
from core.web.forms import (
    BooleanField,
    ChoiceField,
    FacilityField,
    Form,
    HiddenField,
    Lines,
    QuantityField,
    SubForm,
    TextField,
)

FACTS = ("kind", "label_fr", "label_en", "help_fr", "help_en", "unit", "required", "listed")


class KindsField(SelectMultipleField):
    """Some of the kinds of rows, as boxes to tick; none means all."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = "", *, help: Any = "", **options: Any) -> None:
        super().__init__(label, coerce=int, description=help, **options)
        self.type = "SelectMultipleField"  # which the macros know how to draw


class ChoiceForm(SubForm):
    """One of the choices."""

    code = HiddenField()
    label_fr = TextField(_("French label"), required=True, max_length=120)
    label_en = TextField(_("English label"), max_length=120)


class FieldForm(Form):
    """A field that is added to a noun."""

    label_fr = TextField(_("French label"), required=True, max_length=120)
    label_en = TextField(_("English label"), max_length=120, help=_("Left empty, the French label stands here too."))
    kind = ChoiceField(
        _("Type of the field"), KINDS, required=True, default=TEXT, help=_("It stays once there are values.")
    )
    unit = TextField(_("Unit"), max_length=20, help=_("Of a number: m, kW, beds …"))
    choices = Lines(ChoiceForm, _("Choices"), maximum=200)
    help_fr = TextField(_("French help"), max_length=300, help=_("Stands at the field, where it is filled in."))
    help_en = TextField(_("English help"), max_length=300)
    required = BooleanField(_("Must be filled in"))
    listed = BooleanField(
        _("Stands in the list"), help=_("Without the tick it can still be chosen among the columns of the list.")
    )
    kinds = KindsField(_("Only for"), help=_("No tick: for all."), choices=[])
    place = FacilityField(_("Only below"), help=_("Empty: in the whole country."))

    def values(self) -> dict[str, Any]:
        """Return the facts, the kinds and the choices, as the services take them."""
        place = self.place.data
        facts = {name: self[name].data for name in FACTS} | {"facility_id": None if place is None else place.id}
        lines = [ChoiceSpec(row["code"] or "", row["label_fr"], row["label_en"]) for row in self.choices.data]
        return {"facts": facts, "kinds": self.kinds.data or [], "choices": lines}


class NewFieldForm(FieldForm):
    """A field that is not there yet."""

    entity = ChoiceField(_("Of"), lambda: {each.name: each.plural for each in services.owned()}, required=True)
    code = TextField(
        _("Code"), max_length=40,
        help=_("In files and for programs; it never changes. Left empty, it is made of the French label."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what a new field is made of."""
        found = super().values()
        return {**found, "entity": self.entity.data, "facts": {**found["facts"], "code": self.code.data}}


class ChangeForm(FieldForm):
    """A field that is there."""

    position = QuantityField(_("Rank"), maximum=9999, help=_("Fields stand in the order of these numbers."))

    def values(self) -> dict[str, Any]:
        """Return what a field becomes."""
        found = super().values()
        return {**found, "facts": {**found["facts"], "position": self.position.data or 0}}


def new_form() -> NewFieldForm:
    """Return the form of a new field of the entity that the request names, or of one that is still to be named."""
    form = NewFieldForm(entity=request.values.get("entity"))
    form.kinds.choices = _kinds(request.values.get("entity", ""))
    return form


def change_form(row: OwnField) -> ChangeForm:
    """Return the form of a field that is there."""
    form = ChangeForm(row=row, stored=stored)
    form.kinds.choices = _kinds(row.entity)
    return form


def _kinds(name: str) -> list[tuple[int, str]]:
    entity = next((each for each in services.owned() if each.name == name), None)
    return [] if entity is None else list(services.kinds_of(entity).items())


def stored(row: OwnField) -> dict[str, Any]:
    """Return a field as its form shows it; a blank line waits for a further choice, script or not."""
    offered = [each for each in row.choices if not each.withdrawn]
    lines = [{"code": each.code, "label_fr": each.label_fr, "label_en": each.label_en} for each in offered]
    facts = {name: getattr(row, name) for name in (*FACTS, "position")}
    place = services.place_of(row)
    return {**facts, "kinds": list(row.kinds.values()), "place": place, "choices": [*lines, {}]}
