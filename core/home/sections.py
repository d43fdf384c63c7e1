"""The sections of the home page: a place for each plugin, in the order of what a person does, or chose."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.contract.plugins import answers, hooks, label_of
from core.contract.ports import Action, Card, Section, Words
from core.data.access import current

FIGURES = 4  # cards of a section
LAST = 10**6


@dataclass(frozen=True)
class Choice:
    """What a person chose: the places of some sections, from 1, and which are not shown."""

    order: Mapping[str, int] = field(default_factory=dict)
    hidden: Sequence[str] = ()


def choice_of(kept: Mapping[str, Any]) -> Choice:
    """Return the choice that is kept with a person."""
    return Choice(kept.get("order", {}), kept.get("hidden", ()))


@dataclass(frozen=True)
class Place:
    """A plugin's section as a person has it; `weight` says how much of his day it is, 0 where nobody said."""

    name: str
    title: Words
    section: Section | None = None
    weight: int = 0
    failed: bool = False


@dataclass(frozen=True)
class Shown:
    """A section with its figures, and what is done there first; one that failed has neither."""

    place: Place
    cards: Sequence[Card] = ()
    action: Action | None = None
    failed: bool = False


def places(choice: Choice) -> list[Place]:
    """Return the sections of the plugins that this person works with, hidden ones too: in the order that he chose, then
    those that take most of his day."""
    said = dict(answers(hooks().home))
    names = dict.fromkeys([*said, *(one.plugin_name for one in hooks().cards.get_hookimpls())])
    found = [place for name in names if (place := _place(name, said.get(name, []))) is not None]
    return sorted(found, key=lambda place: (choice.order.get(place.name, LAST), -place.weight))


def _place(name: str, said: Sequence[Section] | None) -> Place | None:
    """Return the place of a plugin; None where it says whom it is for, and this person is not among them."""
    if not said:
        return Place(name, label_of(name), failed=said is None)
    section = said[0]
    held = [weight for right, weight in section.rights.items() if current().can(right)]
    return Place(name, section.title, section, max(held)) if held else None


def shown(found: Iterable[Place], choice: Choice, facility: Any) -> Iterator[Shown]:
    """Yield the sections that a person wants to see, with the figures of a facility; a plugin that has neither figures
    nor anything to do there has none."""
    wanted = [place for place in found if place.name not in choice.hidden]
    figures = dict(answers(hooks().cards, {place.name for place in wanted}, facility=facility))
    for place in wanted:
        cards = figures.get(place.name, [])
        offered = place.section.actions if place.section else ()
        action = next((one for one in offered if current().can(one.permission, facility)), None)
        if place.failed or cards is None:
            yield Shown(place, failed=True)
        elif cards or action:
            yield Shown(place, sorted(cards, key=lambda card: card.order)[:FIGURES], action)
