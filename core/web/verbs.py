"""The pages of verbs: one that asks what its form needs, and the question before chosen rows of a list."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for

from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Missing
from core.data.naming import title_of
from core.web import address, lookup
from core.web.doing import act, act_on, require, submit
from core.web.fields import is_hidden
from core.web.pages import get_or_404, page, signed_in

MOST, MOST_LABELS = 5000, 200  # rows
LABELS = "labels"
bp = Blueprint("verbs", __name__)


@bp.route("/do/<name>", methods=["GET", "POST"], defaults={"id": None})
@bp.route("/do/<name>/<int:id>", methods=["GET", "POST"])
@signed_in
def do(name: str, id: int | None) -> Any:
    """Do what a verb says to the row of an id, or make one anew; ask for what it needs."""
    verb = entities().verb(name)
    if verb is None or (verb.on is None) is not (id is None):
        raise Missing(None)
    require(verb)
    view = partial(_done, verb, id)
    return verb.guard(view)() if verb.guard else view()


def _done(verb: Verb, id: int | None) -> Any:
    row = None if verb.on is None else get_or_404(verb.on, id)
    if verb.page and request.method == "GET":
        return redirect(url_of(verb, row))
    form = None if verb.form is None else blank(verb, row)
    if form is None or all(is_hidden(field) for field in form):
        return act(verb, id, form)
    refuse_unless_possible(verb, row)
    return submit(form, verb, id) or page(
        "verb.html", form=form, verb=verb, subject=row, title_of=title_of, lookup=lookup, way=_way(verb, row)
    )


def _way(verb: Verb, row: Any) -> list[tuple[Any, str]]:
    """Return the way to the page of a verb: from its row, or from the list of what it makes."""
    entity = entities()[verb.name.rpartition(".")[0]]
    if entity.index and (row is None or entities().of(row) is not entity):
        return [(entity.plural, url_for(entity.index))]
    return [] if row is None else [(title_of(row), lookup.url_of(row))]


def refuse_unless_possible(verb: Verb, row: Any) -> None:
    """Raise before a page asks for a step: Conflict where the present state of a row does not allow it, NotAllowed
    where this person may not take it."""
    machine = entities()[verb.name.rpartition(".")[0]].machine
    steps = [step for step in machine.transitions if step.action == verb.action] if machine else []
    if request.method != "GET" or not steps:
        return
    step = next((each for each in steps if each.source == row.state), None)
    if step is None:
        raise machine.over(row)
    current().require(step.permission, getattr(row, step.at))


def offered(row: Any) -> list[Verb]:
    """Return the steps that this person may take of a row now, as its entity lists them; what a step is called, and
    whether it is what comes next, depends on the state."""
    entity = entities().of(row)
    if entity is None or entity.machine is None:
        return []
    steps = {step.action: step for step in entity.machine.actions(row)}
    return [
        replace(verb, label=steps[verb.action].label, strong=steps[verb.action].strong)
        for verb in entity.verbs
        if verb.on is type(row) and verb.action in steps and (verb.offered is None or verb.offered(row))
    ]


def named(name: str) -> Verb:
    """Return the verb of a name, e.g. "elmis.order.cancel"; KeyError for one that nobody declared."""
    found = entities().verb(name)
    if found is None:
        raise KeyError(name)
    return found


bp.app_context_processor(lambda: {"offered": offered, "verb_url": url_of, "verb_named": named})


def blank(verb: Verb, row: Any = None) -> Any:
    """Return the form of a verb for a row, filled with what this request has sent."""
    assert verb.form is not None
    return verb.form() if isinstance(verb.form, type) or row is None else verb.form(row)


def url_of(verb: Verb, row: Any = None, **said: Any) -> str:
    """Return the address of a verb: where its form stands, or where its button sends to; `said` is beside the row."""
    values: dict[str, Any] = {} if row is None else {"id": row.id}
    if not verb.page:
        return url_for("verbs.do", name=verb.name, **values, **said)
    takes = next(current_app.url_map.iter_rules(verb.page)).arguments
    values = {name: value for name, value in (values | {"action": verb.action}).items() if name in takes}
    return url_for(verb.page, **values, **said)


def answer(table: Any, title: Any) -> Any:
    """Return the question that names the number of rows; or, when it was confirmed, the answer after the verb."""
    if request.form.get("action") == LABELS and table.has_labels:
        return _to_labels(table)
    verb = next((each for each in table.bulk if each.name == request.form.get("action")), None)
    if verb is None:
        abort(400)
    require(verb)
    ids, back = _chosen(table), table.asked.url(page=table.asked.page)
    if not ids or len(ids) > MOST:
        flash(_("Choose at least one row.") if not ids else _("Choose at most %(most)s rows.", most=MOST), "danger")
        return redirect(back)
    if request.form.get("confirmed"):
        return act_on(verb, ids, back)
    return page("table_confirm.html", title=title, verb=verb, ids=ids, back=back, key=str(uuid4()))


def _to_labels(table: Any) -> Any:
    """Return the way to the labels of the chosen rows."""
    ids = _chosen(table)
    if not 0 < len(ids) <= MOST_LABELS:
        few = _("Choose at least one row.") if not ids else _("Choose at most %(most)s rows.", most=MOST_LABELS)
        flash(few, "danger")
        return redirect(table.asked.url(page=table.asked.page))
    return redirect(url_for("labels.ask", name=table.entity, ids=",".join(map(str, ids))))


def _chosen(table: Any) -> list[int]:
    """Return the ids of the rows that were ticked, or of all that the filter holds; only of readable ones."""
    query = table.filtered()
    if not request.form.get("all"):
        texts = ",".join(request.form.getlist("ids")).split(",")
        query = table.query().where(
            table.model.id.in_([int(each) for each in texts if address.whole(each)][: MOST + 1])
        )
    query = query.with_only_columns(table.model.id).order_by(None).order_by(table.model.id)
    return list(db.session.scalars(query.limit(MOST + 1)))
