"""The pages that every noun has, from its entity: its list and the page of a row; and its rows on another's page."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, g, url_for
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Panel, Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.confidence import Confidential
from core.nouns.views import show
from core.web.pages import get_or_404, permission
from core.web.panels import Pending
from core.web.tables import Table
from core.web.verbs import url_of

FEW, ROWS = 5, "rows_panel.html"  # rows of another page, and what draws them
IMPORT = "core.import"


def pages(
    bp: Blueprint, table: type[Table], new: Verb | Sequence[Verb] | None = None, subtitle: Words = "",
    drawn: Callable[[Any], Any] = show, options: Sequence[Any] = (),
) -> None:  # fmt: skip
    """Add the list of a noun (`index`) and the page of a row (`show`) to a blueprint, for whoever may read its rows, as
    the scope of its model says. The list offers `new`, one or several, which make a row of the place where this
    person works, the import, and what may be done to chosen rows. `drawn` returns the page of a row where it is a
    special one, most often `show` with a template of its own; `options` are loader options of it."""
    model = table.model
    scope = model.__scope__
    right = "" if isinstance(scope, Confidential) else getattr(scope, "read", "")  # "": whoever is signed in

    @permission(right)
    def index() -> Any:
        entity = entities()[model.__entity__]
        return table().respond(entity.plural, subtitle, actions=_actions(entity, new))

    @permission(right)
    def one(id: int) -> Any:
        return drawn(get_or_404(model, id, *_with_place(model), *options))

    bp.add_url_rule("/", "index", index, methods=["GET", "POST"])
    bp.add_url_rule("/<int:id>", "show", one)


def _with_place(model: Any) -> list[Any]:
    """Return the loader option of the facility of a row: everybody reads places, and rights are judged by it."""
    return [joinedload(model.facility)] if "facility" in model.__mapper__.relationships else []


def _actions(entity: Entity, new: Verb | Sequence[Verb] | None) -> list[tuple[str, Words, str, bool]]:
    """Return the buttons above a list that this person may press: (address, label, icon, whether it comes first)."""
    found = []
    if entity.importer is not None and all(map(current().can, (IMPORT, entity.importer.permission))):
        found.append((url_for("imports.new", entity=entity.name), _("Import"), "upload", False))
    for verb in (new,) if isinstance(new, Verb) else new or ():
        place = None if verb.on is None else g.place
        fits = verb.on is None or (place is not None and (verb.offered is None or verb.offered(place)))
        if fits and current().can(verb.permission, place):
            found.append((url_of(verb, place), verb.label, "plus", True))
    return found


def listed(
    table: type[Table], condition: ColumnElement[bool], address: Mapping[str, Any], order: int = 50, empty: bool = True,
    instead: Panel | None = None,
) -> list[Panel]:  # fmt: skip
    """Return the panel of the rows that a condition leaves, the latest few, for the page of what they belong to; none
    for who may not read such rows anywhere. Where there are no rows it says so; with `empty` false it is left out, or
    shown `instead`. It leads to their list, which the `address` narrows ({"f.facility": name}).
    """
    model = table.model
    entity = entities()[model.__entity__]
    named = isinstance(model.__scope__, Confidential)
    if not (named or current().can(model.__scope__.read)) or entity.index is None:
        return []
    theirs, url = table(), url_for(entity.index, **address)
    context = {"table": theirs, "rows": (), "label": entity.plural}
    if empty:
        instead = Panel(entity.plural, ROWS, context, url, _("All (%(number)s)", number=0), order=order)
    count, fill = theirs.counted(condition), partial(_filled, theirs, condition)
    return [Pending(entity.plural, ROWS, context, url, order=order, count=count, fill=fill, instead=instead)]


def _filled(table: Table, condition: ColumnElement[bool], panel: Panel, number: int) -> Panel:
    """Return a panel with the latest few of the rows that a condition leaves."""
    context = {**panel.context, "rows": table.latest(condition, FEW)}
    link = panel.link or _("All (%(number)s)", number=number)
    return Panel(panel.title, panel.template, context, panel.url, link, order=panel.order, flush=True)
