"""Documents and photos by programs: a content is sent as it is, and read again under its digest."""

import hashlib
import json
import re
from typing import IO, Any

from flask import jsonify, request
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from core.api import lists
from core.api.views import bp
from core.contract.entities import ref
from core.contract.words import _
from core.data.db import db
from core.data.errors import Invalid
from core.data.work import perform, told
from core.files import services, taking
from core.files import views as files
from core.files.models import KEPT, File
from core.files.taking import Content
from core.files.verbs import page_of
from core.web import sending
from core.web.pages import get_or_404, signed_in

ASKED = ("name", "sha256")
DIGEST = re.compile(r"[0-9a-f]{64}")
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", sending.JSON)


class Hashed:
    """What is being sent, with its SHA-256 as far as it was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        piece = self.stream.read(size)
        self.digest.update(piece)
        return piece


@bp.get("/core.file/<int:id>/content")
@signed_in
def content(id: int) -> Any:
    """Send the content of a file; its ETag is the SHA-256."""
    lists.refuse_strangers(())
    return files.content(id)


@bp.post("/<entity>/<int:id>/files")
@signed_in
def add(entity: str, id: int) -> Any:
    """Keep what is sent as a document or photo of a row, once it is what was said."""
    lists.refuse_strangers(ASKED)
    _kind, obj = files.object_with_files(entity, id)
    services.require_change(obj)  # before anything that was sent is looked at
    name, wanted, key = _said()
    content = _taken(name, wanted)
    model = type(obj)
    answer = perform(
        lambda: _kept(get_or_404(model, id), content), key=key, body=json.dumps([request.path, name, wanted])
    )
    return jsonify(answer)


add.takes_files = True  # type: ignore[attr-defined]  # its body may be larger than what is typed


def _said() -> tuple[str, str, str]:
    """Return the name of what is sent, its SHA-256 and the name of the sending; Invalid, 400 or 415 for others."""
    if request.mimetype in FORMS:
        raise UnsupportedMediaType
    name, wanted = (request.args.get(each, "") for each in ASKED)
    faults: dict[str, Any] = {}
    if not name.strip() or len(name) > 200:
        faults["name"] = _("Say what the file is called.")
    if not DIGEST.fullmatch(wanted):
        faults["sha256"] = _("This has another form: %(wanted)s is asked for.", wanted=DIGEST.pattern)
    if faults:
        raise Invalid(faults)
    try:
        return name, wanted, sending.named()
    except ValueError:
        raise BadRequest from None


def _taken(name: str, wanted: str) -> Content:
    stream = Hashed(request.stream)
    content = taking.take(stream, name)  # type: ignore[arg-type]  # it is read, and no more
    if stream.digest.hexdigest() != wanted:
        raise Invalid({"sha256": _("What has arrived is something else: send it again.")})
    return content


def _kept(obj: Any, content: Content) -> dict[str, Any]:
    """Return what a program is told: the file that was added, or the one that was here already."""
    added = services.attach(obj, [content])
    here = (File.entity == obj.__entity__, File.object_id == obj.id, File.sha256 == content.sha256, File.state == KEPT)
    row = added[0] if added else db.session.scalars(select(File).where(*here)).one()
    message = str(_("Added: %(names)s.", names=row.name)) if added else ""
    return {"url": page_of(obj), "message": message, "number": "", "ref": ref(row), "told": told()}
