"""The notices of comments."""

from core.comments.services import hearing
from core.contract.plugins import entities
from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _

WRITTEN, MENTIONED = "core.comment.written", "core.comment.mentioned"


def _facts(event: Event) -> dict[str, Words]:
    name = event.data["about"].rpartition("/")[0]
    known = entities().get(name)
    return {"what": known.label if known else name, "number": event.data["number"]}


KINDS = [
    NoticeKind(
        MENTIONED, _("I am mentioned in an exchange"), [WRITTEN, MENTIONED],
        lambda event, _row: event.data["mentioned"],
        lambda event: (_("%(what)s %(number)s: you are mentioned", **_facts(event)), event.user_label),
        icon="user",
    ),
    NoticeKind(
        WRITTEN, _("Something is said about what I take part in"), [WRITTEN], hearing,
        lambda event: (_("%(what)s %(number)s: a new comment", **_facts(event)), event.user_label),
        icon="file-text",
    ),
]  # fmt: skip
