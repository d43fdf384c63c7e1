"""The page of a row: `show` draws it from the entity; a template of its own replaces what is special about it."""

from typing import Any

from flask import g, url_for

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Words
from core.contract.verbs import Verb
from core.data.access import current
from core.data.judging import may_write
from core.data.naming import title_of
from core.nouns.services import facts, past
from core.web.pages import moment, page, panels
from core.web.verbs import offered


def show(obj: Any, template: str = "noun.html", **context: Any) -> Any:
    """Return the page of a row: its state, what this person may do with it now, its columns in words, what the plugins
    hang on it, and its history. A template that extends "noun.html" replaces the blocks that are special, and is given
    `row`, and what else the view says; whatever it does not draw is not asked for.
    """
    entity = entities().of(obj)
    assert entity is not None, f"{type(obj).__name__} is no entity"
    if entity.index:
        g.menu_endpoint = entity.index
    drawn = {
        "row": obj, "title": title_of(obj), "crumbs": crumbs(entity, obj), "facts": facts, "past": events,
        "state": entity.machine.state(obj) if entity.machine else None, "verbs": verbs, "panels": panels(obj),
    }  # fmt: skip
    return page(template, **{**drawn, **context})


def crumbs(entity: Entity, obj: Any) -> list[tuple[Words, str | None]]:
    """Return the way to a row: the list of its entity, then itself."""
    above: list[tuple[Words, str | None]] = [(entity.plural, url_for(entity.index))] if entity.index else []
    return [*above, (title_of(obj), None)]


def verbs(obj: Any) -> list[Verb]:
    """Return what this person may do to a row now, what comes next last: the steps of its machine, and what else is
    done to rows of its kind."""
    entity = entities().of(obj)
    steps = {step.action for step in entity.machine.transitions} if entity and entity.machine else set()
    place = obj if hasattr(obj, "path") else getattr(obj, "facility", None)
    others = [
        verb
        for verb in (entity.verbs if entity else ())
        if verb.on is type(obj)
        and verb.action not in steps
        and (verb.offered is None or verb.offered(obj))
        and current().can(verb.permission, place)
    ]
    writable = others if others and may_write(obj, current()) else []
    return sorted([*writable, *offered(obj)], key=lambda verb: verb.strong)


def events(obj: Any) -> list[dict[str, Any]]:
    """Return the history of a row as `timeline` draws it."""
    return [
        {"title": one.title, "detail": f"{moment(one.at)}, {one.user}", "note": one.note, "reason": one.reason}
        for one in past(obj)
    ]
