"""What is done to the documents and photos of any object."""

from collections.abc import Collection
from typing import Any

from flask import url_for

from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.contract.words import _
from core.files import services
from core.files.forms import AddForm, RemoveForm
from core.files.models import File, object_of
from core.files.taking import Content
from core.web.pages import get_or_404


def page_of(obj: Any) -> str:
    """Return the place on the page of an object where its files stand."""
    return url_for(str(entities()[obj.__entity__].endpoint), id=obj.id, _anchor="documents")


def _attach(entity: str, object_id: int, contents: Collection[Content]) -> tuple[Any, list[File]]:
    obj = get_or_404(entities()[entity].model, object_id)
    return obj, services.attach(obj, contents)


def _added(made: tuple[Any, list[File]]) -> Any:
    _obj, added = made
    return _("Added: %(names)s.", names=", ".join(row.name for row in added)) if added else ""


ADD = Verb("core.file.add", _("Add"), "", _attach, None, AddForm, _added, lambda made: page_of(made[0]))
REMOVE = Verb(
    "core.file.remove", _("Remove"), "", lambda row, reason: services.remove(row.id, reason), File, RemoveForm,
    lambda gone: _("%(name)s was removed.", name=gone.name), lambda gone: page_of(object_of(gone)), "files.remove",
)  # fmt: skip
