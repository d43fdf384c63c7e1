"""What comments give to the core's hooks."""

from core.comments.kinds import KINDS
from core.comments.models import Comment
from core.comments.tables import CommentTable, subjects
from core.comments.verbs import VERBS
from core.contract.entities import Entity
from core.contract.ports import Fact
from core.contract.words import _

ENTITIES = [
    Entity(
        "core.comment", Comment, _("Comment"), _("Comments"), "comments.show", None, CommentTable, named=("author",),
        words={"entity": subjects}, verbs=VERBS,
    ),
]  # fmt: skip
NOTICES = KINDS
FACTS = [
    Fact("core.comment.written", _("A comment was written")),
    Fact("core.comment.mentioned", _("A comment mentions somebody since it was changed")),
]
