"""What a merge of two files does with licences, qualifications and appraisals: they go to the file that stays."""

from typing import Any

from sqlalchemy import select

from core.data.db import db
from plugins.hr.careers.merging import FOLLOWERS
from plugins.hr.credentials.models import Appraisal, Fitness, Licence, Qualification
from plugins.hr.persons.models import Person


def follow(person: Person, into: Person) -> None:
    """Hang everything on the file that stays; of a year that both have an appraisal of, each keeps its own."""
    years = set(db.session.scalars(select(Appraisal.year).where(Appraisal.person_id == into.id)))
    models: tuple[Any, ...] = (Licence, Qualification, Appraisal, Fitness)
    for model in models:
        for row in db.session.scalars(select(model).where(model.person_id == person.id)):
            if model is not Appraisal or row.year not in years:
                row.person = into
    db.session.flush()


FOLLOWERS.append(follow)
