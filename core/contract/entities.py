"""The registry of entities: "elmis.product/12" ⇄ object, label, URL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.config import CannotStart
from core.contract.ports import Label, Words
from core.contract.verbs import Verb


@dataclass(frozen=True)
class Entity:
    """A noun of the trade that the core can list, search, audit and link to.

    `endpoint` takes the object's id as `id`, `index` is that of the list; `table` is a `Table` class;
    `importer` an `Importer`; `search` names the columns that the search box reads.
    `words` says what the codes of a column mean ({column: {code: label or State}}, or a function that returns the
    inner mapping); `named` are the columns that people call a row by (`core.data.naming`), where the first that it has
    of number, name, login, label and code is not enough: a reference stands for the name of what it refers to.
    `verbs` are what is done to its rows, `machine` are the states they go through.
    With `attachments` its objects have documents and photos: whoever may read the object reads them, whoever may
    write it adds and takes away. With `comments` people talk about them: whoever may read the object reads what is
    said, whoever does more than read where it belongs takes part. Both need an `endpoint`, and rows with a whole number
    as their id. `concerned` returns the ids of people who are told of what is said of an object, besides those who took
    its steps or spoke of it.
    With `own_fields` an administration may add fields to it (its model is `Owned`); `kinds` names the column that says
    of which kind a row is, so that a field may be for some kinds alone.
    `labels` returns the printed label of a row, or None where it has none: whoever may read the row prints it;
    `label_options` are loader options for what it asks of other rows.
    """

    name: str
    model: type[Any]
    label: Words
    plural: Words
    endpoint: str | None = None
    permission: str | None = None
    table: type[Any] | None = None
    icon: str = "box"
    search: Sequence[str] = ()
    importer: Any = None
    words: Mapping[str, Any] = field(default_factory=dict)
    named: Sequence[str] = ()
    machine: Any = None
    verbs: Sequence[Verb] = ()
    attachments: bool = False
    comments: bool = False
    concerned: Callable[[Any], Iterable[int]] | None = None
    index: str | None = None
    own_fields: bool = False
    kinds: str = ""
    labels: Callable[[Any], Label | None] | None = None
    label_options: Sequence[Any] = ()


@dataclass(frozen=True)
class FormerEntity:
    """A noun of an earlier version, which the trail still names."""

    name: str
    label: Words


class Entities:
    """All entities of the plugins that are switched on, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Entity] = {}
        self.former: dict[str, Words] = {}
        self._verbs: dict[str, Verb] = {}

    def add(self, entity: Entity | FormerEntity) -> None:
        """Register an entity; a second one of the same name is an error at start."""
        if isinstance(entity, FormerEntity):
            self.former[entity.name] = entity.label
            return
        if entity.name in self._by_name:
            raise CannotStart(f"entity {entity.name} is registered twice")
        self._by_name[entity.name] = entity
        for verb in entity.verbs:
            if verb.name in self._verbs or verb.name.rpartition(".")[0] != entity.name:
                raise CannotStart(f"verb {verb.name} is declared twice, or for another entity than {entity.name}")
            self._verbs[verb.name] = verb

    def verb(self, name: str) -> Verb | None:
        """Return the verb of a name, e.g. "elmis.order.cancel", or None."""
        return self._verbs.get(name)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Entity:
        return self._by_name[name]

    def get(self, name: str) -> Entity | None:
        """Return the entity of a name, or None."""
        return self._by_name.get(name)

    def of(self, obj: Any) -> Entity | None:
        """Return the entity of an object, or None when it is not one."""
        return self.get(getattr(obj, "__entity__", ""))


def ref(obj: Any) -> str:
    """Return the reference of a stored object, e.g. "elmis.product/12"."""
    return f"{obj.__entity__}/{obj.id}"


def number_of(obj: Any) -> str:
    """Return what stands for an object outside the house: its number, else its code, else its id; never what people
    typed freely."""
    return str(getattr(obj, "number", "") or getattr(obj, "code", "") or obj.id)


def ref_of(obj: Any) -> str:
    """Return the reference of what may be a stored object, "" of anything else."""
    return ref(obj) if hasattr(obj, "__entity__") else ""
