"""What comments give to the core's hooks."""

from typing import Any

from core.comments.kinds import KINDS
from core.comments.models import Comment
from core.comments.verbs import VERBS
from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.words import _


def _subjects() -> dict[str, Any]:
    return {each.name: each.label for each in entities() if each.comments}


ENTITIES = [
    Entity(
        "core.comment", Comment, _("Comment"), _("Comments"), "comments.show", named=("author",),
        words={"entity": _subjects}, verbs=VERBS,
    ),
]  # fmt: skip
NOTICES = KINDS
