"""What the files of agents and their careers give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import Fact, MenuItem
from core.contract.words import _
from plugins.hr.careers.importer import PEOPLE
from plugins.hr.careers.models import EXITS, KINDS, CareerEvent
from plugins.hr.careers.tables import PersonTable
from plugins.hr.careers.verbs import MERGED, OF_EVENTS, OF_PERSONS
from plugins.hr.careers.views import bp
from plugins.hr.persons.models import PRECISIONS, SEXES, Person
from plugins.hr.rights import VIEW

BLUEPRINTS = [bp]
VERBS_OF_OTHERS = [*OF_PERSONS, MERGED]
ENTITIES = [
    Entity(
        "hr.person", Person, _("Personal file"), _("Personal files"), "hr_persons.show", None, PersonTable, "users",
        ("number", "surname", "given"), PEOPLE, {"sex": SEXES, "born_precision": PRECISIONS},
        ("number", "given", "surname"), attachments=True, index="hr_persons.index", own_fields=True,
    ),
    Entity(
        "hr.career_event", CareerEvent, _("Event of a career"), _("Events of careers"),
        words={"kind": KINDS, "because": EXITS}, named=("person_id", "effective_on"), verbs=OF_EVENTS,
    ),
]  # fmt: skip
FACTS = [
    Fact("hr.career.recorded", _("Something happened in a career")),
    Fact("hr.person.merged", _("Two files of one person became one")),
]
MENU = [
    MenuItem(_("My file"), "hr_persons.mine", None, _("Staff"), "users", order=400),
    MenuItem(_("Personal files"), "hr_persons.index", VIEW, _("Staff"), "users", order=405),
]
