"""Doing: what a form or a button sends is done through the one write door, once, and answered to page or machine."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import flash, g, jsonify, redirect, request, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import MethodNotAllowed

from core.contract.entities import ref_of
from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data import behalf
from core.data.access import current
from core.data.db import db, local
from core.data.errors import AmagaraError, Conflict, Doubt, Invalid, Missing, NotAllowed, Question, Refused, Unavailable
from core.data.naming import called
from core.data.work import note, perform, tell, told, unit_of_work
from core.web import sending, steps, versions, waited
from core.web.lookup import url_of
from core.web.merging import Clashed
from core.web.pages import back, get_or_404, page


def submit(form: Any, verb: Verb, id: int | None = None, reason: str = "") -> Any:
    """Return the answer when the form was sent and the verb done, else None with the errors on the form."""
    may_wait(form, verb, id)
    if sending.only_shown():
        why = request.form.get(sending.OPENED)  # from the queue of a device
        if why is not None and why.strip():
            flash(_("This was refused: %(why)s", why=why[:500]), "warn")
        elif why is not None:
            flash(_("This is what waits on your device. Correct it, then send it."), "info")
        else:
            flash(_("You are signed in again. Check what you typed, then send it."), "info")
        return None
    if not form.validate_on_submit():
        _rehearse(form, verb, id)
        return None
    try:
        answer = _performed(lambda: _merged(form, verb, id), form.key.data, reason or _reason(form), _written(verb))
    except (Refused, Invalid, Conflict) as error:
        db.session.rollback()
        if sending.to_machine() and isinstance(error, Conflict) and not isinstance(error, Clashed):
            raise  # a page shows it beside what was typed
        form.refuse(error)
        return None
    return _answered(answer)


def may_wait(form: Any, verb: Verb, id: int | None) -> None:
    """Let a form wait on a device where its verb may: the page of it is kept there."""
    if verb.offline is not None:
        row = None if verb.kept_rows is None else get_or_404(verb.on, id)  # type: ignore[arg-type]
        form.waits = g.waits = verb.label if row is None else called(row)
        form.of_row = row is not None


def act(verb: Verb, id: int | None = None, form: Any = None, key: str | None = None, reason: str = "") -> Any:
    """Return the answer after a verb of one button, with a form of which nothing is typed; a refusal is told on the
    page it came from.

    A GET changes nothing: whoever routes one here gets 405.
    """
    return _acted(lambda: _sent(form, verb, id), key, reason or _reason(form))


def act_on(verb: Verb, ids: Sequence[int], url: str) -> Any:
    """Return the answer after a verb was done, all or nothing, to the rows of some ids; it leads to an address."""
    return _acted(lambda: _each(verb, ids, url))


def _acted(operation: Callable[[], dict[str, Any]], key: str | None = None, reason: str = "") -> Any:
    if request.method != "POST":
        raise MethodNotAllowed(["POST"])
    if sending.only_shown():
        return _asked([])
    try:
        answer = _performed(operation, key or request.form.get(sending.KEY), reason)
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


def require(verb: Verb) -> None:
    """Raise NotAllowed unless the right of a verb is held somewhere; one without a right asks for it by itself."""
    if verb.permission:
        current().require(verb.permission)


def _reason(form: Any) -> str:
    """Return why something is done, as the trail keeps it: of a coded reason its words too."""
    why = getattr(form, "why", "")  # of a coded form; a field of that name is a plugin's own
    return str((why if isinstance(why, str) else "") or getattr(getattr(form, "reason", None), "data", "") or "")


def _do(verb: Verb, id: int | None, form: Any) -> dict[str, Any]:
    """Return what a verb has done to the row of an id, fresh from the database, with what the form says."""
    require(verb)
    row = None if verb.on is None else get_or_404(verb.on, id)
    if row is not None:
        versions.require(row)
    made = verb.run(*(() if row is None else (row,)), **({} if form is None else form.arguments()))
    made = row if made is None else made
    shown = made if hasattr(made, "__entity__") else row
    number = made if isinstance(made, str) else getattr(shown, "number", "")
    return _answer(_next(verb, made, shown), _of(verb.said, made), str(number or ""), ref_of(shown))


def _sent(form: Any, verb: Verb, id: int | None) -> dict[str, Any]:
    """Return the answer of a verb whose form a button sends; Invalid where it sends what cannot be."""
    if form is not None and not form.validate_on_submit():
        raise Invalid({name: texts[0] for name, texts in form.errors.items()})
    return _do(verb, id, form)


def _each(verb: Verb, ids: Sequence[int], url: str) -> dict[str, Any]:
    for id in ids:
        verb.run(get_or_404(verb.on, id))  # type: ignore[arg-type]
        db.session.flush()
        behalf.settle()  # each is an act of its own
    return _answer(url, _("%(verb)s: %(count)s", verb=verb.label, count=len(ids)))


def _next(verb: Verb, made: Any, shown: Any) -> str:
    """Return the page after a verb: the one it names, else that of what was made or changed."""
    return url_for(verb.to) if isinstance(verb.to, str) else str(_of(verb.to, made) or url_of(shown))


def _of(value: Any, made: Any) -> Any:
    return value(made) if callable(value) else value


def _performed(
    operation: Callable[[], dict[str, Any]], key: str | None, reason: str, written: datetime | None = None
) -> dict[str, Any]:
    """Return what the operation has answered, now or when this same sending came before."""
    operation = _carried(operation, g.carried_by) if g.get("carried_by") else operation
    answer: dict[str, Any] = perform(
        operation, key=key, body=sending.digest(), reason=reason, confirmed=sending.confirmed(), seen=steps.sent(),
        written=written,
    )  # fmt: skip
    return answer


def _carried(operation: Callable[[], dict[str, Any]], bearer: str) -> Callable[[], dict[str, Any]]:
    """Return an operation that says in its trail in whose session a signed sending came from a shared device."""

    def noted() -> dict[str, Any]:
        note(_("Signed on a shared device, sent in the session of %(name)s", name=bearer))
        return operation()

    return noted


def _written(verb: Verb) -> datetime | None:
    """Return when a form that may wait was filled in on the device on which it did; None of any other."""
    return None if verb.offline is None else waited.written()


class _Undone(Exception):
    """The end of a rehearsal: nothing of it is kept."""


def _rehearse(form: Any, verb: Verb, id: int | None) -> None:
    """Tell what a service would refuse of what can be read, beside what cannot: one round for all of it."""
    if not form.is_submitted() or not getattr(form, "rehearses", False):
        return
    with form.readable() as plain, suppress(_Undone, NotAllowed, Missing, Conflict, Unavailable, Doubt, DBAPIError):
        try:
            if plain:
                with unit_of_work(confirmed=sending.confirmed(), written=_written(verb)):
                    _do(verb, id, form)
                    raise _Undone
        except (Refused, Invalid) as error:
            if not isinstance(error, (Doubt, Unavailable)):
                form.refuse_beside(error)
        finally:
            db.session.rollback()


def _merged(form: Any, verb: Verb, id: int | None) -> dict[str, Any]:
    """Return the answer of a verb whose form sees what others stored since its page was made."""
    form.reconcile()
    doubted = None if verb.offline is None else waited.doubted()
    if doubted is not None:
        moment = f"{local(doubted):%d/%m/%Y %H:%M}"
        words = _("Said to be written on %(moment)s, which cannot be: taken as written now", moment=moment)
        note(words)
        tell(words)
    return _do(verb, id, form)


def _answer(url: str, message: Words, number: str = "", ref: str = "") -> dict[str, Any]:
    """Return where to go, what to say there, the number and the reference of the document, and what else the verb has
    to tell."""
    return {"url": url, "message": str(message), "number": number, "ref": ref, "told": told()}


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
        if pair[0] not in {"csrf_token", sending.SHOWN} and not pair[0].startswith(sending.CONFIRMED)
    ]  # fmt: skip
    return page(
        "confirm.html", status=422, questions=questions, sent=sent, answered=sending.confirmed(),
        cancel=back(url_for("home.home")),
    )  # fmt: skip
