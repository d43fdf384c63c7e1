"""The addresses of the interface for programs: lists, rows and verbs of every entity."""

from functools import partial
from typing import Any

from flask import Blueprint, current_app, jsonify, make_response, request

from core.api import bodies, bulk, kinds, lists, reading
from core.api.document.build import document
from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.contract.words import locale
from core.data.access import current
from core.web import sending, steps, verbs
from core.web.doing import act, require, submit
from core.web.fields import is_hidden
from core.web.pages import get_or_404, page, public, signed_in

bp = Blueprint("api", __name__, url_prefix=sending.API)
bp.record_once(lambda state: state.app.extensions["csrf"].exempt(bp))  # no browser sends a token by itself


@bp.get("/")
@signed_in
def index() -> Any:
    """Return what this token may look for, and by which addresses."""
    open_ones = (each for each in entities() if not each.permission or current().can(each.permission))
    return jsonify(
        entities=[
            {"name": each.name, "label": str(each.plural), "address": f"{sending.API}/{each.name}",
             "verbs": [reading.offer(verb) for verb in each.verbs if verb.on is None and _may(verb)]}
            for each in open_ones
        ]
    )  # fmt: skip


def _may(verb: Verb) -> bool:
    return not verb.permission or current().can(verb.permission)


@bp.post("/bulk")
@signed_in
def several() -> Any:
    """Do several verbs, each by itself, and answer each."""
    return jsonify(bulk.done())


@bp.get("/<entity>")
@signed_in
def list_(entity: str) -> Any:
    """Return a page of the rows of an entity."""
    return jsonify(lists.answered(reading.entity_named(entity)))


@bp.get("/<entity>/<int:id>")
@signed_in
def get(entity: str, id: int) -> Any:
    """Return one row, its version as ETag."""
    lists.refuse_strangers(())
    found = reading.one(reading.entity_named(entity), id)
    answer = jsonify(found)
    answer.set_etag(found["version"])
    return answer


@bp.route("/<entity>/<verb>", methods=["GET", "POST"], defaults={"id": None})
@bp.route("/<entity>/<int:id>/<verb>", methods=["GET", "POST"])
@signed_in
def do(entity: str, id: int | None, verb: str) -> Any:
    """Do a verb, or say what it asks for."""
    found = reading.verb_at(entity, verb, id is not None)
    require(found)
    view = partial(_done if request.method == "POST" else _asked, found, id)
    return found.guard(view)() if found.guard else view()


def _done(verb: Verb, id: int | None) -> Any:
    """Do a verb by the door of the pages."""
    form = bodies.fitted(verb, _row(verb, id))
    if form is None or all(is_hidden(field) for field in form):
        return act(verb, id, form)
    return submit(form, verb, id) or page("verb.html", form=form)


def _asked(verb: Verb, id: int | None) -> Any:
    """Return the fields of a verb, and a body that holds what is there already."""
    row = _row(verb, id)
    verbs.refuse_unless_possible(verb, row)
    form = None if verb.form is None else verbs.blank(verb, row)
    fields = {} if form is None else kinds.asked(form)
    body = {} if form is None else bodies.of(form)
    if row is not None and steps.takes_steps(row):
        body[steps.FIELD] = steps.said([row])
    return jsonify(
        reading.offer(verb, row) | {
            "warning": str(verb.warning), "body": body,
            "fields": {name: kinds.schema(field) for name, field in fields.items()},
            "required": [name for name, field in fields.items() if field.flags.required],
        }
    )  # fmt: skip


def _row(verb: Verb, id: int | None) -> Any:
    return None if verb.on is None else get_or_404(verb.on, id)


@bp.after_request
def _in_words(answer: Any) -> Any:
    """Say in which language the words of an answer are."""
    answer = make_response(answer)
    answer.headers["Content-Language"] = str(locale() or "fr")
    answer.vary.add("Accept-Language")
    return answer


@bp.get("/openapi.json")
@public
def described() -> Any:
    """Return the description of the interface: it holds no data, and programs ask for it before they have a token."""
    kept: dict[str, str] = current_app.extensions.setdefault("amagara.described", {})
    language = str(locale() or "fr")
    if language not in kept:
        kept[language] = current_app.json.dumps(document())
    return current_app.response_class(kept[language], mimetype=sending.JSON)
