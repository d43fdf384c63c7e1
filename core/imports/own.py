"""Own fields come in beside the fields of an importer, under the same headings as they go out."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import select

from core.contract.words import Said, _
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.data.own import CHOICE, DAY, LONGEST, NUMBER, PERSON, PLACE, YES_NO, Own, fields_of
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer
from core.imports.parse import Reading
from core.users.directory import services as directory

COLUMN = "own:"  # as lists name their columns
Parser = Callable[[str, Reading], Any]


def with_own(entity: str, importer: Importer) -> Importer:
    """Return an importer with the own fields of its entity; `row.family("own:")` has what a line gives of them."""
    found = [_field(each) for each in fields_of(entity) if not each.withdrawn]
    return replace(importer, fields=[*importer.fields, *found]) if found else importer


def _field(own: Own) -> Field:
    label, help = Said(lambda: own.heading), Said(lambda: own.help)
    choices = None if own.kind != CHOICE else lambda: own.words(offered=True)
    return Field(COLUMN + own.code, label, _parser(own.kind), aliases=[own.code], help=help, choices=choices)


def _parser(kind: str) -> Parser:
    if kind == NUMBER:
        return parse.amount(-(10**12))
    plain: dict[str, Parser] = {DAY: parse.day, YES_NO: parse.boolean, PERSON: _person, PLACE: _places()}
    return plain.get(kind) or parse.text(LONGEST)


def _person(value: str, reading: Reading) -> directory.Colleague:
    """Return the person of a name or number."""
    found = directory.colleague_named(value)
    if found is None:
        raise Refused(_("Nobody in the directory, or more than one, is called “%(name)s”.", name=value[:80]))
    return found


def _places() -> Parser:
    """Return the parser of facilities by code or name, which reads them all once."""

    @cache
    def known() -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for id_, code, name in db.session.execute(select(Facility.id, Facility.code_key, Facility.name)):
            for key in {code, key_of(name)}:
                found.setdefault(key, set()).add(id_)
        return found

    def of(value: str, reading: Reading) -> int:
        ids = known().get(key_of(value), set())
        if len(ids) != 1:
            several = _("Several facilities have this code or name: %(code)s.", code=value[:80])
            raise Refused(several if ids else _("No facility has this code or name: %(code)s.", code=value[:80]))
        return next(iter(ids))

    return of
