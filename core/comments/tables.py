"""The list of what was said, as it is taken out: each with what it is about."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from core.comments.models import Comment
from core.contract.plugins import entities
from core.contract.words import _
from core.web.derived import code_of_object
from core.web.tables import Column, Table


def subjects() -> dict[str, Any]:
    """Return what may be spoken about: {entity: its label}."""
    return {each.name: each.label for each in entities() if each.comments}


class CommentTable(Table):
    """Comments: about what, by whom, and what became of them."""

    model = Comment
    search = (Comment.text, Comment.author)
    default_sort = "-at"

    @cached_property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """Return the columns; what a comment is about is said by its code or number, as far as one may read it."""
        return (
            Column("entity", _("About"), Comment.entity, facet=subjects),
            Column("object", _("Code or number"), code_of_object(Comment, "comments")),
            Column("text", _("Comment"), Comment.text),
            Column("author", _("Written by"), Comment.author),
            Column("at", _("Written on"), Comment.at, kind="datetime"),
            Column("answers", _("Answer to no."), Comment.answers_id, kind="number", default=False),
            Column("edited_at", _("Changed on"), Comment.edited_at, kind="datetime", default=False),
            Column("withdrawn_at", _("Withdrawn on"), Comment.withdrawn_at, kind="datetime", default=False),
            Column("withdrawn_by", _("Withdrawn by"), Comment.withdrawn_by, default=False),
            Column("withdrawn_why", _("Reason"), Comment.withdrawn_why, default=False),
        )
