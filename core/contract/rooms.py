"""A plugin of several rooms. Each room says its own part in a module of its `ROOMS`, most often `hooks.py`: lists that
bear the name of a hook in capitals (ENTITIES, MENU …), and functions that bear its name (`inbox()`, `panels(obj)` …).
The plugin answers a hook with the parts of all, in their order. Besides, a room may name VERBS_OF_OTHERS, what it does
to the nouns of another room, and IMPORTERS, {noun of another room: how it comes in}."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from inspect import isfunction
from typing import Any

from core.contract.entities import Entity, FormerEntity
from core.contract.verbs import Verb

Answer = Callable[..., list[Any]]


def lists_of(rooms: Sequence[Any], name: str) -> Any:
    """Return what the rooms list for a hook: one list, or one dictionary where they name dictionaries."""
    if name == "entities":
        return list(_entities(rooms))
    parts = [getattr(room, name.upper()) for room in rooms if hasattr(room, name.upper())]
    if parts and isinstance(parts[0], dict):
        return {key: value for part in parts for key, value in part.items()}
    return [item for part in parts for item in part]


def _entities(rooms: Sequence[Any]) -> Iterator[Entity | FormerEntity]:
    """Yield the nouns of the rooms, each with what other rooms than its own do to it too, and how it comes in."""
    done: dict[str, list[Verb]] = {}
    for verb in lists_of(rooms, "verbs_of_others"):
        done.setdefault(verb.name.rpartition(".")[0], []).append(verb)
    comes = {name: importer for room in rooms for name, importer in getattr(room, "IMPORTERS", {}).items()}
    for noun in (noun for room in rooms for noun in getattr(room, "ENTITIES", ())):
        if isinstance(noun, Entity):
            noun = replace(
                noun, verbs=[*noun.verbs, *done.get(noun.name, ())], importer=comes.get(noun.name, noun.importer)
            )
        yield noun


def answers_of(rooms: Sequence[Any]) -> dict[str, Answer]:
    """Return {hook: what answers it} of the hooks that are asked each time, for which a room has a function."""

    def all_of(name: str, *asked: Any) -> list[Any]:
        return [item for room in rooms if _answers(room, name) for item in getattr(room, name)(*asked) or ()]

    every: dict[str, Answer] = {  # with the names of what they are asked with: pluggy hands over by these
        "seed": lambda kind, size: all_of("seed", kind, size),
        "panels": lambda obj: all_of("panels", obj),
        "cards": lambda facility: all_of("cards", facility),
        "found": lambda text: all_of("found", text),
        "closing": lambda facility: all_of("closing", facility),
        "recorded_since": lambda facility: all_of("recorded_since", facility),
        "happened": lambda event: all_of("happened", event),
        "inbox": lambda: all_of("inbox"),
    }
    return {name: answer for name, answer in every.items() if any(_answers(room, name) for room in rooms)}


def _answers(room: Any, name: str) -> bool:
    """Return whether a room has a function for a hook; a module of that name, which it imports, is none."""
    return isfunction(getattr(room, name, None))
