"""What qualifications, licences and appraisals give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import func, select

from core.contract.entities import Entity
from core.contract.ports import Fact, MenuItem, Panel, Task
from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db
from plugins.hr.credentials import following as following  # merges know it from now on
from plugins.hr.credentials.importer import LICENCES
from plugins.hr.credentials.jobs import SCHEDULE as SCHEDULE  # the plugin's hook of that name
from plugins.hr.credentials.models import FIT, GRADES, LEVELS, STANDINGS, Appraisal, Fitness, Licence, Qualification
from plugins.hr.credentials.services import lapsing, licences_of, soon
from plugins.hr.credentials.settings import SETTINGS as SETTINGS
from plugins.hr.credentials.tables import LicenceTable, QualificationTable
from plugins.hr.credentials.verbs import OF_LICENCES, OF_PERSONS
from plugins.hr.credentials.views import licences, qualifications
from plugins.hr.credentials.warning import NOTICES as NOTICES
from plugins.hr.persons.models import Person
from plugins.hr.rights import CAREER, VIEW

BLUEPRINTS = [licences, qualifications]
VERBS_OF_OTHERS = OF_PERSONS
ENTITIES = [
    Entity(
        "hr.licence", Licence, _("Licence"), _("Licences"), "hr_licences.show", None, LicenceTable, "file-text",
        ("number",), LICENCES, named=("number",), verbs=OF_LICENCES, index="hr_licences.index", attachments=True,
    ),
    Entity(
        "hr.qualification", Qualification, _("Qualification"), _("Qualifications"), "hr_qualifications.show", None,
        QualificationTable, "file-text", ("title", "skill"), words={"level": LEVELS}, named=("title",),
        index="hr_qualifications.index", attachments=True,
    ),
    Entity("hr.appraisal", Appraisal, _("Appraisal"), _("Appraisals"), words={"mark": GRADES}, named=("year",)),
    Entity(
        "hr.fitness", Fitness, _("Fitness for work"), _("Fitness for work"), words={"outcome": FIT},
        named=("examined_on",),
    ),
]  # fmt: skip
FACTS = [
    Fact("hr.licence.recorded", _("A licence was recorded")),
    Fact("hr.licence.lapsing", _("A licence lapses")),
]
MENU = [MenuItem(_("Licences"), "hr_licences.index", VIEW, _("Staff"), "file-text", order=420)]


def panels(obj: Any) -> list[Panel]:
    """Return licences, qualifications and appraisals on the page of a file."""
    if not isinstance(obj, Person):
        return []
    query = select(Qualification).where(Qualification.person_id == obj.id).order_by(Qualification.obtained_on.desc())
    judged = select(Appraisal).where(Appraisal.person_id == obj.id).order_by(Appraisal.year.desc())
    fit = select(Fitness).where(Fitness.person_id == obj.id).order_by(Fitness.examined_on.desc(), Fitness.id.desc())
    held = [(one, STANDINGS[one.on(soon())]) for one in licences_of(obj)]
    context = {
        "licences": held, "qualifications": db.session.scalars(query).all(),
        "appraisals": [(one, GRADES[one.mark]) for one in db.session.scalars(judged)], "levels": LEVELS,
        "fitness": [(one, FIT[one.outcome]) for one in db.session.scalars(fit)],
    }  # fmt: skip
    return [Panel(_("Licences and qualifications"), "hr/credentials/panel.html", context, order=20)]


def inbox() -> Iterator[Task]:
    """Yield the licences that lapse, as one task of whoever keeps files, and one's own."""
    access = current()
    if access.can(CAREER):
        count = db.session.scalar(select(func.count(Licence.id)).where(lapsing(), _kept(access))) or 0
        if count:
            url = url_for("hr_licences.index", view="lapsing")
            title = ngettext("%(num)d licence to renew", "%(num)d licences to renew", count)
            yield Task(title, url, _("Open the list"), entity="hr.licence", menu="hr_licences.index", count=count)
    own = access.own_id
    mine = select(Licence).join(Person, Person.id == Licence.person_id).where(lapsing(), Person.user_id == own)
    for row in db.session.scalars(mine) if own is not None else ():
        title = _("Your licence %(number)s lapses", number=row.number)
        yield Task(title, url_for("hr_persons.mine"), _("Open"), row.body, row.last, entity="hr.licence")


def _kept(access: Any) -> Any:
    """Return the condition on licences of files that this person keeps, not of his own file alone."""
    places = access.facility_ids(CAREER)
    return Licence.person.has(Person.facility_id.in_(places))
