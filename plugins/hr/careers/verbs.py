"""What is done with a career."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import ReasonForm
from plugins.hr.careers import services
from plugins.hr.careers.forms import EventForm, MergeForm, SanctionForm
from plugins.hr.careers.merging import merge
from plugins.hr.careers.models import CANCELLED, SANCTION, CareerEvent
from plugins.hr.persons.models import Person
from plugins.hr.rights import CAREER, MERGE, SANCTIONS


def sanction(person: Person, **facts: Any) -> CareerEvent:
    """Return the sanction of a person."""
    return services.record_event(person, kind=SANCTION, **facts)


def _file(event: CareerEvent) -> str:
    return url_for("hr_persons.show", id=event.person_id)


RECORD = Verb(
    "hr.person.record", _("Record an event"), CAREER, services.record_event, Person, EventForm,
    _("It stands in the career."), _file, offered=lambda person: person.merged_into_id is None,
)  # fmt: skip
SANCTIONED = Verb(
    "hr.person.sanction", _("Record a sanction"), SANCTIONS, sanction, Person, SanctionForm,
    _("The sanction stands in the career."), _file, offered=lambda person: person.merged_into_id is None,
)  # fmt: skip
TAKE_BACK = Verb(
    "hr.career_event.cancel", _("Take the event back"), CAREER, services.take_back, CareerEvent, ReasonForm,
    _("It was taken back; both stay in the career."), _file, offered=lambda event: event.kind != CANCELLED,
)  # fmt: skip
MERGED = Verb(
    "hr.person.merge", _("Merge into another file"), MERGE, merge, Person, MergeForm,
    lambda person: _("All of it stands in the file %(number)s now.", number=person.number),
    warning=_("Everything moves to the file that you choose. This file stays, and tells where it went."),
    offered=lambda person: person.merged_into_id is None,
)  # fmt: skip
OF_PERSONS, OF_EVENTS = [RECORD, SANCTIONED], [TAKE_BACK]
