"""What is done with comments."""

from flask import url_for

from core.comments import services
from core.comments.forms import EditForm, WithdrawForm, WriteForm
from core.comments.models import Comment
from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Stored
from core.web.pages import get_or_404


def page_of(row: Comment) -> str:
    """Return the place on the page of an object where a comment stands."""
    return url_for(str(entities()[row.entity].endpoint), id=row.object_id, _anchor=f"comment-{row.id}")


def _write(entity: str, object_id: int, text: str, answers: int | None = None) -> Comment:
    return services.write(get_or_404(entities()[entity].model, object_id), text, answers)


WRITE = Verb("core.comment.write", _("Write"), "", _write, None, WriteForm, _("Your comment stands here."), page_of)
EDIT = Verb(
    "core.comment.edit", _("Change"), "", services.edit, Comment, Stored(EditForm),
    _("Your comment was changed."), page_of, "comments.edit",
)  # fmt: skip
WITHDRAW = Verb(
    "core.comment.withdraw", _("Withdraw"), "", services.withdraw, Comment, WithdrawForm,
    _("The comment was withdrawn."), page_of, "comments.withdraw",
)  # fmt: skip
VERBS = [EDIT, WITHDRAW]
