"""What is done with qualifications, licences and appraisals: all of it from the file of their person."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from plugins.hr.credentials import services
from plugins.hr.credentials.forms import AppraisalForm, FitnessForm, LicenceForm, QualificationForm, WithdrawForm
from plugins.hr.credentials.models import Licence
from plugins.hr.persons.models import Person
from plugins.hr.rights import CAREER, HEALTH


def _file(row: Any) -> str:
    return url_for("hr_persons.show", id=row.person_id)


def _kept(person: Person) -> bool:
    return person.merged_into_id is None


QUALIFY = Verb(
    "hr.person.qualify", _("Add a qualification"), CAREER, services.qualify, Person, QualificationForm,
    _("The qualification stands in the file."), _file, offered=_kept,
)  # fmt: skip
LICENSE = Verb(
    "hr.person.license", _("Add a licence"), CAREER, services.license, Person, LicenceForm,
    _("The licence stands in the file."), _file, offered=_kept,
)  # fmt: skip
APPRAISE = Verb(
    "hr.person.appraise", _("Appraise a year"), CAREER, services.appraise, Person, AppraisalForm,
    _("The appraisal stands in the file."), _file, offered=_kept,
)  # fmt: skip
WITHDRAW = Verb(
    "hr.licence.withdraw", _("Withdraw the licence"), CAREER, services.withdraw, Licence, WithdrawForm,
    _("The licence is withdrawn."), _file, offered=lambda row: row.withdrawn_on is None,
)  # fmt: skip
EXAMINE = Verb(
    "hr.person.examine", _("Record fitness for work"), HEALTH, services.examine, Person, FitnessForm,
    _("The fitness stands in the file."), _file, offered=_kept,
)  # fmt: skip
OF_PERSONS, OF_LICENCES = [QUALIFY, LICENSE, APPRAISE, EXAMINE], [WITHDRAW]
