"""What is done with a file."""

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.users.directory.services import colleague
from core.web.forms import Stored
from plugins.hr.persons import services
from plugins.hr.persons.forms import LinkForm, NewPersonForm, PersonForm
from plugins.hr.persons.models import Person
from plugins.hr.rights import EDIT

ADD = Verb(
    "hr.person.add", _("New file"), EDIT, services.register, Facility, NewPersonForm,
    lambda person: _("The file is %(number)s. Say now where this person works.", number=person.number),
    page="hr_people.new",
)  # fmt: skip
CHANGE = Verb(
    "hr.person.change", _("Change"), EDIT, services.change, Person, Stored(PersonForm), _("The changes are kept."),
    page="hr_people.edit",
)  # fmt: skip
LINK = Verb(
    "hr.person.link", _("Link to an account"), EDIT, services.link, Person,
    Stored(LinkForm, lambda row: {"account": row.user_id and colleague(row.user_id)}),
    _("The account is linked."),
)  # fmt: skip
VERBS = [ADD, CHANGE, LINK]
