"""Verbs for the chosen rows of a list: the exact number is named first, then it is done, once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, request

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.web import address
from core.web.pages import act, page

MOST = 5000


@dataclass(frozen=True)
class BulkAction:
    """A verb for the chosen rows; `operation` takes their ids and returns a Done. `confirm` says what it does."""

    name: str
    label: Words
    permission: str
    operation: Callable[[list[int]], Any]
    confirm: Words = ""


def answer(table: Any, title: Any) -> Any:
    """Return the question that names the number of rows; or, when it was confirmed, the redirect after the verb."""
    action = next((each for each in table.bulk if each.name == request.form.get("action")), None)
    if action is None:
        abort(400)
    current().require(action.permission)
    ids, back = _chosen(table), table.asked.url(page=table.asked.page)
    if not ids or len(ids) > MOST:
        flash(_("Choose at least one row.") if not ids else _("Choose at most %(most)s rows.", most=MOST), "danger")
        return redirect(back)
    if request.form.get("confirmed"):
        return act(lambda: action.operation(ids))
    return page("table_confirm.html", title=title, action=action, ids=ids, back=back, key=str(uuid4()))


def _chosen(table: Any) -> list[int]:
    """Return the ids of the rows that were ticked, or of all that the filter holds; only of readable ones."""
    query = table.filtered()
    if not request.form.get("all"):
        texts = ",".join(request.form.getlist("ids")).split(",")
        query = table.query().where(
            table.model.id.in_([int(each) for each in texts if address.whole(each)][: MOST + 1])
        )
    query = query.with_only_columns(table.model.id).order_by(None).order_by(table.model.id)
    return list(db.session.scalars(query.limit(MOST + 1)))
