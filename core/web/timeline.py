"""The past of documents as the timeline of their pages draws it."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.contract.entities import ref
from core.data.naming import title_of
from core.data.states import OVERDUE, Step, reason_of, said
from core.web.pages import moment


def events(steps: Sequence[Step], *documents: Any, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the past of some documents, the latest step first; of several each step says of which it is, by number or
    by `names` {"elmis.order/12": …}."""
    if names is None:
        names = {ref(row): title_of(row) for row in documents} if len(documents) > 1 else {}
    return [
        {
            "title": said(step),
            "detail": ", ".join(
                filter(None, (names.get(f"{step.entity}/{step.entity_id}"), moment(step.at), _who(step)))
            ),
            "note": step.note,
            "reason": reason_of(step),
            "late": step.action == OVERDUE,
        }
        for step in reversed(steps)
    ]


def _who(step: Step) -> str:
    return "" if step.action == OVERDUE else step.user_label  # nobody does that
