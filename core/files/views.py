"""The pages of files: the panel on an object's page, adding, taking away, and the contents themselves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, request, send_file, url_for

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Panel, Words
from core.contract.words import _
from core.data.access import current
from core.data.db import utcnow
from core.data.errors import Missing
from core.data.readings import looked_at
from core.files import services, store
from core.files.forms import AddForm, RemoveForm
from core.files.models import KEPT, REMOVED, object_of
from core.files.taking import KINDS, PICTURES
from core.files.verbs import ADD, REMOVE, page_of
from core.web import lookup
from core.web.doing import submit
from core.web.pages import get_or_404, number, page, signed_in

bp = Blueprint("files", __name__, url_prefix="/files")
INLINE = (*PICTURES, "pdf")  # our own drawings, and what the browser draws without running it
POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; sandbox"
SOON = timedelta(minutes=2)  # so long a page asks for the small picture of a new photo
LABELS = {
    "jpeg": _("photo"),
    "png": _("picture"),
    "pdf": "PDF",
    "docx": "DOCX",
    "xlsx": "XLSX",
    "odt": "ODT",
    "ods": "ODS",
}


@bp.app_template_filter()
def filesize(size: int) -> Words:
    """Return the size of a file as people read it."""
    if size < 10**6:
        return _("%(size)s KB", size=number(max(1, round(size / 1000))))
    return _("%(size)s MB", size=number(size / 10**6, 1))


def panel(obj: Any) -> Iterator[Panel]:
    """Yield the documents and photos of an object, where its entity has them, or this person may add some."""
    entity = services.entity_of(obj)
    if entity is None or obj.id is None:
        return
    context = _context(entity, obj, None)
    if context["may_change"]:
        context["form"] = AddForm(formdata=None)
    if context["may_change"] or context["files"] or context["gone"]:
        yield Panel(_("Documents and photos"), "files/panel.html", context, order=60)


def _context(entity: Entity, obj: Any, form: Any) -> dict[str, Any]:
    """Return what the list of an object's files shows."""
    rows = services.of(obj)
    shown = [row for row in rows if row.state == KEPT]
    small = {row.id for row in shown if row.kind in PICTURES and store.small_of(row.sha256).is_file()}
    fresh = utcnow() - SOON
    return {
        "form": form, "files": shown, "gone": [row for row in rows if row.state == REMOVED], "small": small,
        "waits": any(row.kind in PICTURES and row.id not in small and row.added_at > fresh for row in shown),
        "may_change": services.may_change(obj), "labels": LABELS,
        "url": url_for("files.add", entity=entity.name, id=obj.id),
    }  # fmt: skip


def object_with_files(name: str, id: int) -> tuple[Entity, Any]:
    """Return an entity with files and its object, or raise Missing: also where this person may not open it."""
    entity = entities().get(name)
    if entity is None or not entity.attachments or (entity.permission and not current().can(entity.permission)):
        raise Missing(None)
    return entity, get_or_404(entity.model, id)


@bp.route("/<entity>/<int:id>", methods=["GET", "POST"])
@signed_in
def add(entity: str, id: int) -> Any:
    """Show the files of an object on a page of their own, and add to them; htmx asks for the list alone."""
    kind, obj = object_with_files(entity, id)
    if request.headers.get("HX-Request"):
        return page("files/list.html", **_context(kind, obj, None))
    if request.method == "POST":
        services.require_change(obj)  # before anything that was sent is looked at
    form, url = AddForm(), page_of(obj)
    form.of = (entity, id)
    answer = submit(form, ADD)
    return answer or page(
        "files/index.html", title=_("Documents and photos"), name=lookup.words_of(obj), back=url,
        **_context(kind, obj, form),
    )  # fmt: skip


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Lead to the object that a file belongs to."""
    row = services.get(id)
    return redirect(page_of(object_of(row)))


@bp.get("/<int:id>/content")
@signed_in
def content(id: int) -> Response:
    """Send the content of a file: pictures and PDF to be looked at, anything else to be kept."""
    row = services.get(id)
    looked_at(row)
    path = store.path_of(row.sha256)
    if not path.is_file():
        raise Missing(_("The content of this file is missing on the server. Tell your administrator."))
    answer = send_file(
        path, KINDS[row.kind][0], as_attachment=row.kind not in INLINE, download_name=row.name, etag=row.sha256,
        last_modified=row.added_at,
    )  # fmt: skip
    return _guarded(answer)


@bp.get("/<int:id>/small")
@signed_in
def small(id: int) -> Response:
    """Send the small picture of a photo."""
    row = services.get(id)
    path = store.small_of(row.sha256)
    if row.kind not in PICTURES or not path.is_file():
        raise Missing(None)
    return _guarded(send_file(path, "image/webp", etag=f"{row.sha256}-small", last_modified=row.added_at))


def _guarded(answer: Response) -> Response:
    """Return the answer with a policy of its own: nothing in it runs, and nobody keeps it on the way."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.route("/<int:id>/remove", methods=["GET", "POST"])
@signed_in
def remove(id: int) -> Any:
    """Take a file away with a reason; its content and its trail stay."""
    row = services.get(id)
    _entity, obj = object_with_files(row.entity, row.object_id)
    services.require_change(obj)
    form = RemoveForm()
    return submit(form, REMOVE, id) or page(
        "files/remove.html", form=form, file=row, name=lookup.words_of(obj), cancel=page_of(obj)
    )
