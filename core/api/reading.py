"""One row as a program reads it: its values, its lines, its version, and what may be done with it."""

from typing import Any

from core.api import rows
from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.data.access import current
from core.data.errors import Missing
from core.nouns import views as nouns
from core.web import lookup, sending, versions
from core.web.derived import table_of
from core.web.pages import get_or_404


def entity_named(name: str) -> Entity:
    """Return an entity whose rows this person may look for; raises Missing, or NotAllowed without its right."""
    entity = entities().get(name)
    if entity is None:
        raise Missing(None)
    if entity.permission:
        current().require(entity.permission)
    return entity


def one(entity: Entity, id: int) -> dict[str, Any]:
    """Return a row with its lines, its version and the verbs that this person may do to it now."""
    if not rows.is_single(entity.model):
        raise Missing(None)
    obj = get_or_404(entity.model, id)
    found = _drawn(entity, entity.model.id == id)
    if not found:
        raise Missing(None)
    lines = {name: _lines(obj, name, model) for name, model in versions.parts(entity.model).items()}
    return found[0] | {
        "title": lookup.words_of(obj), "version": versions.of(obj),
        "lines": {name: each for name, each in lines.items() if each is not None},
        "verbs": [offer(verb, obj) for verb in offered(obj)],
    }  # fmt: skip


def _drawn(entity: Entity, condition: Any) -> list[dict[str, Any]]:
    table = table_of(entity)()
    return rows.drawn(table, table.every(), table.only(condition))


def _lines(obj: Any, name: str, model: Any) -> list[dict[str, Any]] | None:
    """Return what a row consists of, None where its entity is not this person's."""
    entity = entities()[model.__entity__]
    if entity.permission and not current().can(entity.permission):
        return None
    (_here, there), *_rest = type(obj).__mapper__.relationships[name].local_remote_pairs
    return _drawn(entity, there == obj.id)


def offered(obj: Any) -> list[Verb]:
    """Return what this person may do to a row now, as its page does, and what rows of other entities are made there."""
    own = entities()[obj.__entity__].verbs
    place = obj if hasattr(obj, "path") else None
    others = [
        verb for verb in done_to(type(obj))
        if (verb not in own and current().can(verb.permission, place)) or not verb.permission
        if verb.offered is None or verb.offered(obj)
    ]  # fmt: skip
    return list({verb.name: verb for verb in (*nouns.verbs(obj), *others)}.values())


def done_to(model: Any) -> list[Verb]:
    """Return the verbs that are done to rows of a model, those of other entities too."""
    return [verb for entity in entities() for verb in entity.verbs if verb.on is model]


def offer(verb: Verb, obj: Any = None) -> dict[str, Any]:
    """Return how a program is told of a verb."""
    return {
        "name": verb.name,
        "label": str(verb.label),
        "address": address_of(verb, obj),
        "asks": verb.form is not None,
    }


def address_of(verb: Verb, obj: Any = None) -> str:
    """Return where a program does a verb; what is done at a row of another entity goes by its whole name there."""
    return path_of(verb).replace("{id}", str(getattr(obj, "id", "")))


def path_of(verb: Verb) -> str:
    """Return the address of a verb, with {id} for the row."""
    own = verb.name.rpartition(".")[0]
    if verb.on is None:
        return f"{sending.API}/{own}/{verb.action}"
    entity = verb.on.__entity__
    return f"{sending.API}/{entity}/{{id}}/{verb.action if entity == own else verb.name}"


def verb_at(entity: str, name: str, on_row: bool) -> Verb:
    """Return the verb that an address names; raises Missing where there is none."""
    verb = entities().verb(name if name.count(".") > 1 else f"{entity}.{name}")
    place = f"{sending.API}/{entity}/{'{id}/' if on_row else ''}{name}"
    if verb is None or path_of(verb) != place:
        raise Missing(None)
    return verb
