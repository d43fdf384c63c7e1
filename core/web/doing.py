"""Doing: what a form or a button sends is done through the one write door, once, and answered to page or machine."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import MethodNotAllowed

from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import AmagaraError, Conflict, Doubt, Invalid, Missing, NotAllowed, Question, Refused, Unavailable
from core.data.work import perform, told, unit_of_work
from core.web import sending, steps
from core.web.forms import CONFIRMED, confirmed
from core.web.lookup import url_of
from core.web.pages import back, get_or_404, page


@dataclass(frozen=True)
class Done:
    """What an operation returns: where to go, what to say there, and the number of the document it made."""

    url: str
    message: Words = ""
    number: str = ""


def submit(form: Any, verb: Verb | Callable[[], Done], id: int | None = None, reason: str = "") -> Any:
    """Return the answer when the form was sent and recorded, else None with the errors on the form."""
    operation = _operation(verb, id, form)
    if sending.only_shown():
        flash(_("You are signed in again. Check what you typed, then send it."), "info")
        return None
    if not form.validate_on_submit():
        _rehearse(form, operation)
        return None
    reason = reason or getattr(getattr(form, "reason", None), "data", "") or ""
    try:
        answer = _performed(lambda: _merged(form, operation), form.key.data, reason)
    except (Refused, Invalid, Conflict) as error:
        db.session.rollback()
        form.refuse(error)
        return None
    return _answered(answer)


def act(verb: Verb | Callable[[], Done], id: int | None = None, key: str | None = None, reason: str = "") -> Any:
    """Return the answer after a one-button operation; a refusal is told on the page it came from.

    A GET changes nothing: whoever routes one here gets 405.
    """
    if request.method != "POST":
        raise MethodNotAllowed(["POST"])
    if sending.only_shown():
        return _asked([])
    operation = _operation(verb, id, None)
    try:
        answer = _performed(lambda: _plain(operation()), key or request.form.get(sending.KEY), reason)
    except (NotAllowed, Missing, Unavailable):
        raise
    except AmagaraError as error:
        db.session.rollback()
        if sending.to_machine():
            raise
        if isinstance(error, Doubt):
            return _asked(error.questions)
        flash(str(error.message), "danger")
        return redirect(back(url_for("home.home")))
    return _answered(answer)


def _operation(verb: Verb | Callable[[], Done], id: int | None, form: Any) -> Callable[[], Done]:
    return (lambda: _do(verb, id, form)) if isinstance(verb, Verb) else verb


def _do(verb: Verb, id: int | None, form: Any) -> Done:
    """Return what a verb has done to the row of an id, fresh from the database, with what the form says."""
    current().require(verb.permission)
    rows = [] if verb.on is None else [get_or_404(verb.on, id)]
    made = verb.run(*rows, **({} if form is None else form.values()))
    made = made if hasattr(made, "__entity__") or not rows else rows[0]
    return Done(_next(verb, made), _of(verb.said, made), str(getattr(made, "number", "") or ""))


def _next(verb: Verb, made: Any) -> str:
    """Return the page after a verb: the one it names, else that of what was made or changed."""
    return url_for(verb.to) if isinstance(verb.to, str) else str(_of(verb.to, made) or url_of(made))


def _of(value: Any, made: Any) -> Any:
    return value(made) if callable(value) else value


def _performed(operation: Callable[[], dict[str, Any]], key: str | None, reason: str) -> dict[str, Any]:
    """Return what the operation has answered, now or when this same sending came before."""
    answer: dict[str, Any] = perform(
        operation, key=key, body=sending.digest(), reason=reason, confirmed=confirmed(), seen=steps.sent()
    )
    return answer


class _Undone(Exception):
    """The end of a rehearsal: nothing of it is kept."""


def _rehearse(form: Any, operation: Callable[[], Done]) -> None:
    """Tell what a service would refuse of what can be read, beside what cannot: one round for all of it."""
    if not form.is_submitted() or not getattr(form, "rehearses", False):
        return
    with form.readable() as plain, suppress(_Undone, NotAllowed, Missing, Conflict, Unavailable, Doubt, DBAPIError):
        try:
            if plain:
                with unit_of_work(confirmed=confirmed()):
                    operation()
                    raise _Undone
        except (Refused, Invalid) as error:
            if not isinstance(error, (Doubt, Unavailable)):
                form.refuse_beside(error)
        finally:
            db.session.rollback()


def _merged(form: Any, operation: Callable[[], Done]) -> dict[str, Any]:
    """Return the answer of an operation that sees what others stored since its page was made."""
    form.reconcile()
    return _plain(operation())


def _plain(done: Done) -> dict[str, Any]:
    return {**{name: str(value) for name, value in asdict(done).items()}, "told": told()}


def _answered(answer: Mapping[str, Any]) -> Any:
    """Return the redirect; what was done is said on the page it leads to, and what else it meant."""
    if sending.to_machine():
        return jsonify(answer)
    if answer["message"]:
        flash(answer["message"], "ok")
    for words in answer.get("told", ()):
        flash(words, "info")
    return redirect(answer["url"])


def _asked(questions: list[Question]) -> Any:
    """Return the page that asks what one button has raised, and sends the same again with the answers."""
    sent = [
        pair for pair in request.form.items(multi=True)
        if pair[0] not in {"csrf_token", sending.SHOWN} and not pair[0].startswith(CONFIRMED)
    ]  # fmt: skip
    return page(
        "confirm.html", status=422, questions=questions, sent=sent, answered=confirmed(),
        cancel=back(url_for("home.home")),
    )  # fmt: skip
