"""The forms of a file: a line a field."""

from typing import Any

from flask import url_for

from core.contract.words import _
from core.files.fields import FilesField
from core.users.directory.fields import PersonField
from core.web.choices import ChoiceField
from core.web.dates import DateField
from core.web.fields import LongText, TextField
from core.web.forms import Form
from plugins.hr.persons.models import PRECISIONS, SEXES


class PersonForm(Form):
    """Who somebody is."""

    owned = "hr.person"
    surname = TextField(_("Surname"), max_length=120, required=True)
    given = TextField(_("Given names"), max_length=120)
    other_name = TextField(_("Other name"), max_length=120, help=_("Of marriage, or a former one."))
    sex = ChoiceField(_("Sex"), SEXES, tiles=True)
    born_on = DateField(_("Date of birth"), help=_("If only the year is known: 1 January of that year."))
    born_precision = ChoiceField(_("Birth known"), PRECISIONS, required=True, default="day")
    birthplace = TextField(_("Place of birth"), max_length=120)
    nationality = TextField(_("Nationality"), max_length=80)
    matricule = TextField(_("Staff number"), max_length=60)
    national = TextField(_("National identity number"), max_length=60)
    inss = TextField(_("Social security number"), max_length=60)
    phone = TextField(_("Phone"), max_length=40)
    email = TextField(_("E-mail"), max_length=200)
    address = TextField(_("Address"), max_length=200)
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})


class NewPersonForm(PersonForm):
    """A new file, with a photo; who may be the same is shown while the name is typed."""

    photos = FilesField(_("Photo"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        asks = {
            "hx-get": url_for("hr_people.doubles"), "hx-trigger": "input changed delay:400ms", "hx-target": "#doubles",
            "hx-include": "closest form",
        }  # fmt: skip
        for each in (self.surname, self.given):
            each.render_kw = {**(each.render_kw or {}), **asks}


class LinkForm(Form):
    """The account by which a person signs in."""

    account = PersonField(_("Account"), help=_("Empty: this person has no account."))
