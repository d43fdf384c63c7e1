"""The pages of comments: the panel on an object's page, writing, changing, withdrawing, and names for mentions."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for

from core.comments import services
from core.comments.forms import WithdrawForm, WriteForm
from core.comments.models import Comment
from core.comments.verbs import EDIT, WITHDRAW, WRITE, page_of
from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Panel
from core.contract.words import _
from core.data.access import current
from core.data.errors import Missing
from core.data.search import clean
from core.users.directory.services import colleagues
from core.web import lookup
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, signed_in
from core.web.verbs import blank

bp = Blueprint("comments", __name__, url_prefix="/comments")
OFFERED = 8


def panel(obj: Any) -> Iterator[Panel]:
    """Yield what was said about an object, where its entity has comments, or this person may say something."""
    entity = services.entity_of(obj)
    if entity is None or obj.id is None:
        return
    context = _context(entity, obj, None)
    if context["takes_part"] or context["comments"]:
        if context["takes_part"]:
            context["form"] = WriteForm(formdata=None)
        yield Panel(_("Exchanges"), "comments/panel.html", context, order=70)


def _context(entity: Entity, obj: Any, form: Any) -> dict[str, Any]:
    """Return what the exchange about an object shows."""
    return {
        "form": form, "comments": services.of(obj), "takes_part": services.takes_part(obj),
        "may_change": services.may_change, "may_withdraw": services.may_withdraw,
        "url": url_for("comments.add", entity=entity.name, id=obj.id), "answering": None,
    }  # fmt: skip


def _object(name: str, id: int) -> tuple[Entity, Any]:
    """Return an entity with comments and its object, or raise Missing: also where this person may not open it."""
    entity = entities().get(name)
    if entity is None or not entity.comments or (entity.permission and not current().can(entity.permission)):
        raise Missing(None)
    return entity, get_or_404(entity.model, id)


@bp.route("/<entity>/<int:id>", methods=["GET", "POST"])
@signed_in
def add(entity: str, id: int) -> Any:
    """Show what was said about an object on a page of its own, and take another word, or an answer (`answers`)."""
    kind, obj = _object(entity, id)
    if request.method == "POST":
        services.require_part(obj)
    form = WriteForm()
    form.of = (entity, id)
    if not form.is_submitted():
        form.answers.data = request.args.get("answers", type=row_id)
    answer = submit(form, WRITE)
    if answer:
        return answer
    context = _context(kind, obj, form)
    answering = next((row for row in context["comments"] if row.id == form.answers.data), None)
    back = url_for(str(kind.endpoint), id=obj.id)
    return page(
        "comments/index.html", title=_("Exchanges"), name=lookup.words_of(obj), back=back,
        **(context | {"answering": answering}),
    )  # fmt: skip


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Lead to where a comment stands."""
    return redirect(page_of(_comment(id)))


def _comment(id: int) -> Comment:
    row = get_or_404(Comment, id)
    _object(row.entity, row.object_id)
    return row


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@signed_in
def edit(id: int) -> Any:
    """Change one's own comment within a quarter of an hour."""
    row = _comment(id)
    form = blank(EDIT, row)
    return submit(form, EDIT, id) or page(
        "comments/edit.html", form=form, title=_("Change the comment"), cancel=page_of(row), action=_("Save"),
        name=lookup.words_of(services.about(row)),
    )  # fmt: skip


@bp.route("/<int:id>/withdraw", methods=["GET", "POST"])
@signed_in
def withdraw(id: int) -> Any:
    """Withdraw a comment with a reason."""
    row, form = _comment(id), WithdrawForm()
    return submit(form, WITHDRAW, id) or page(
        "comments/edit.html", form=form, title=_("Withdraw the comment"), cancel=page_of(row), action=_("Withdraw"),
        name=lookup.words_of(services.about(row)), comment=row,
    )  # fmt: skip


@bp.get("/people")
@signed_in
def people() -> Any:
    """Return the names that fit what was typed after an "@", each with its place: as the directory tells them."""
    text = clean(request.args.get("q", ""))
    found = colleagues(text)[:OFFERED] if len(text) > 1 else []
    return jsonify([{"name": one.name, "place": one.place} for one in found])
