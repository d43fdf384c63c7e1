"""What people say about objects: seen as the object, written by whoever works where it belongs, each his own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import get_history

from core.contract.words import _
from core.data import belonging
from core.data.access import Access
from core.data.belonging import Belonging, holds_at, works_at
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility

LOOKS_AFTER = "core.user.edit"  # whoever looks after the accounts of a place may withdraw what others said there

WITHDRAWING = {"text", "mentioned", "withdrawn_at", "withdrawn_by", "withdrawn_why"}  # what a withdrawal changes


@dataclass(frozen=True)
class Said(Belonging):
    """Comments: seen as their object; written by whoever works at it, in his own name, and changed by nobody else."""

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether this is the person's own comment, or one that is withdrawn by who looks after its place."""
        about = self.objects(obj)
        if not all(each is not None and works_at(each, access) for each in about):
            return False
        author = (get_history(obj, "author_id").deleted or (obj.author_id,))[0]
        changed = {each.key for each in obj.__mapper__.column_attrs if get_history(obj, each.key).has_changes()}
        withdrawn = obj.id is not None and changed <= WITHDRAWING
        moderated = withdrawn and not obj.text and all(holds_at(each, LOOKS_AFTER, access) for each in about)
        return moderated or author == obj.author_id == access.user_id


class Comment(Model):
    """What somebody said about an object; withdrawn, only that he did and who took it away is left beside the trail."""

    __tablename__ = "core_comment"
    __entity__ = "core.comment"
    __scope__ = Said("comments")
    __table_args__ = (Index("ix_core_comment_object", "entity", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(60), info={"label": _("About")})
    object_id: Mapped[int] = mapped_column(Integer, info={"label": _("No.")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), index=True)
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("core_comment.id"), info={"label": _("Answer to no.")})
    text: Mapped[str] = mapped_column(Text, info={"label": _("Comment")})
    mentioned: Mapped[str] = mapped_column(Text, default="{}", info={"unshown": True})  # {id: name} as JSON
    author_id: Mapped[int] = mapped_column(Integer, info={"unshown": True})
    author: Mapped[str] = mapped_column(String(200), info={"label": _("Written by")})
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Written on")})
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Changed on")})
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Withdrawn on")})
    withdrawn_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Withdrawn by")})
    withdrawn_why: Mapped[str] = mapped_column(String(500), default="", info={"label": _("Reason")})

    @property
    def names(self) -> list[str]:
        """Return the names of those who are mentioned, the longest first."""
        people: Mapping[str, str] = json.loads(self.mentioned or "{}")
        return sorted(people.values(), key=len, reverse=True)


def object_of(comment: Comment) -> Any | None:
    """Return what a comment is about, or None when it is gone or not for this person."""
    return belonging.object_of(comment.entity, comment.object_id)
