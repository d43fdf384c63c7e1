"""What must fit together before the application serves: wrong names fail at start, not in use."""

from collections.abc import Container, Iterable, Mapping, Sequence
from inspect import isfunction
from typing import Any

from flask import Flask
from pluggy import PluginManager

from core.config import CannotStart
from core.contract import hookspecs
from core.contract.entities import Entity
from core.contract.plugins import LISTS, each
from core.contract.ports import CHANNELS, PUBLIC, SMS, Fact, NoticeKind, Permission, Recurring, RoleSpec
from core.contract.series import NumberSeries
from core.contract.settings import TYPES, Setting
from core.data.access import Internal, Scope, each_right
from core.data.confidence import Confidential
from core.data.db import Base


class DoesNotFit(CannotStart):
    """Raised at start: two providers of a port, an unknown permission, an endpoint without a right."""


def hooks_are_heard(manager: PluginManager) -> None:
    """Fail when a plugin has a function or a list that bears the name of a hook, and that nobody asks."""
    names = [name for name, spec in vars(hookspecs).items() if hasattr(spec, f"{hookspecs.NAME}_spec")]
    plugins: list[tuple[str, Any]] = manager.list_name_plugin()
    for plugin, module in plugins:
        for name in names:
            own = vars(module).get(name)
            written_here = isfunction(own) and own.__module__ == module.__name__
            if written_here and not hasattr(own, f"{hookspecs.NAME}_impl"):
                raise DoesNotFit(f"{plugin}: the function {name} bears the name of a hook: mark it @hookimpl")
            if name not in LISTS and name.upper() in vars(module):
                raise DoesNotFit(f"{plugin}: the hook {name} is asked each time: a function marked @hookimpl, no list")
            for room in getattr(module, "ROOMS", ()):
                _room_is_heard(room, name)


def _room_is_heard(room: Any, name: str) -> None:
    listed = vars(room).get(name.upper(), [])
    if not isinstance(listed, list | dict):
        raise DoesNotFit(f"{room.__name__}: {name.upper()} is the list of a hook, and {listed!r} is none")
    if name not in LISTS and listed:
        raise DoesNotFit(f"{room.__name__}: the hook {name} is asked each time: a function, no list")
    if name in LISTS and isfunction(vars(room).get(name)):
        raise DoesNotFit(f"{room.__name__}: the hook {name} is asked once: a list {name.upper()}")


def one_provider_each(answers: Iterable[Mapping[type, Any]]) -> dict[type, Any]:
    """Return {Protocol: implementation}; two providers of one Protocol fail."""
    found: dict[type, Any] = {}
    for services in answers:
        for protocol, implementation in services.items():
            if protocol in found:
                raise DoesNotFit(f"two plugins provide {protocol.__name__}")
            wanted = [name for name, part in vars(protocol).items() if callable(part) and not name.startswith("_")]
            if lacks := [name for name in wanted if not callable(getattr(implementation, name, None))]:
                raise DoesNotFit(f"{type(implementation).__name__} is no {protocol.__name__}: no {', '.join(lacks)}")
            found[protocol] = implementation
    return found


def named_permissions(answers: list[Iterable[Permission | RoleSpec]]) -> dict[str, Permission]:
    """Return the permissions by name; a name given twice fails."""
    found: dict[str, Permission] = {}
    for item in each(answers):
        if isinstance(item, Permission):
            if item.name in found:
                raise DoesNotFit(f"permission {item.name} is declared twice")
            found[item.name] = item
    return found


def named_settings(answers: list[Iterable[Setting[Any]]], known: Container[str]) -> dict[str, Setting[Any]]:
    """Return the settings by name; a name given twice, an unknown right or a default that does not fit fails."""
    found: dict[str, Setting[Any]] = {}
    for each_one in each(answers):
        if each_one.name in found:
            raise DoesNotFit(f"setting {each_one.name} is declared twice")
        if each_one.permission not in known:
            raise DoesNotFit(f"setting {each_one.name} names the permission {each_one.permission}, which is none")
        if not isinstance(each_one.default, TYPES) or not each_one.fits(each_one.default):
            raise DoesNotFit(f"setting {each_one.name} has a default that nobody could set")
        found[each_one.name] = each_one
    return found


def known_series(answers: Iterable[NumberSeries]) -> dict[str, NumberSeries]:
    """Return the series of numbers by name; a name or kind given twice, or a pattern by which two documents could get
    one text, fails."""
    found: dict[str, NumberSeries] = {}
    for series in answers:
        if series.name in found or series.kind in {each.kind for each in found.values()}:
            raise DoesNotFit(f"the numbers {series.name} ({series.kind}) are declared twice")
        if not series.kind.isalnum() or not series.kind.isascii() or len(series.kind) > 10:
            raise DoesNotFit(f"the numbers {series.name}: {series.kind!r} is no kind of at most ten letters")
        if fault := str(series.fault(series.pattern)):
            raise DoesNotFit(f"the numbers {series.name}, as {series.pattern}: {fault}")
        found[series.name] = series
    return found


def known_work(answers: Sequence[Mapping[str, Recurring]], kinds: Container[str]) -> dict[str, Recurring]:
    """Return the recurring work by name; a name given twice or a kind that nobody registered fails."""
    found: dict[str, Recurring] = {}
    for schedule in reversed(answers):  # the first plugin's first
        for name, entry in schedule.items():
            if name in found:
                raise DoesNotFit(f"recurring work {name} is declared twice")
            if entry.kind not in kinds:
                raise DoesNotFit(f"recurring work {name} names the job {entry.kind}, which nobody registered")
            found[name] = entry
    return found


def known_facts(answers: list[Iterable[Fact]]) -> dict[str, Fact]:
    """Return the facts by topic; a topic given twice, or one without words, fails."""
    found: dict[str, Fact] = {}
    for fact in each(answers):
        if fact.topic in found:
            raise DoesNotFit(f"fact {fact.topic} is declared twice")
        if not str(fact.label) or len(fact.topic.split()) != 1:
            raise DoesNotFit(f"fact {fact.topic} has no label, or a space in its topic")
        found[fact.topic] = fact
    return found


def known_kinds(app: Flask, answers: list[Iterable[NoticeKind]]) -> dict[str, NoticeKind]:
    """Return the kinds of notice by name; a name given twice, or a channel, right or page that there is not, fails."""
    found: dict[str, NoticeKind] = {}
    for kind in each(answers):
        where = f"notice {kind.name}"
        if kind.name in found:
            raise DoesNotFit(f"{where} is declared twice")
        if not kind.topics or isinstance(kind.topics, str):
            raise DoesNotFit(f"{where} is about no fact: name its topics, one or several")
        if unknown := [name for name in kind.channels if name not in CHANNELS]:
            raise DoesNotFit(f"{where} goes by {', '.join(unknown)}, which is no channel")
        if SMS in kind.channels and not kind.urgent:
            raise DoesNotFit(f"{where} goes by SMS and is not urgent")
        _right(app, kind.permission, where)
        _page(app, kind.endpoint, where)
        found[kind.name] = kind
    return found


def every_endpoint_declares_its_right(app: Flask) -> None:
    """Fail when a view carries neither a permission nor the mark that it is public on purpose."""
    known = app.extensions["amagara.permissions"]
    for endpoint, view in app.view_functions.items():
        right = getattr(view, "permission", None)
        if right is None:
            raise DoesNotFit(f"endpoint {endpoint} declares no right: use @permission or @public")
        if right and right != PUBLIC and right not in known:
            raise DoesNotFit(f"endpoint {endpoint} needs {right}, which no plugin declares")


def every_name_is_known(app: Flask, manager: PluginManager) -> None:
    """Fail when a role, menu item, entity or model names a permission that no plugin declares; a role may name those of
    a plugin that is switched off."""
    known = app.extensions["amagara.permissions"]
    plugins = {name for name, _plugin in manager.list_name_plugin()}
    menu = each(manager.hook.menu())
    named = {right: f"menu item {item.endpoint}" for item in menu for right in each_right(item.permission or ())}
    named |= {entity.permission: entity.name for entity in app.extensions["amagara.entities"] if entity.permission}
    for spec in each(manager.hook.permissions()):
        if isinstance(spec, RoleSpec):
            on = [name for name in spec.permissions if "*" not in name and name.partition(".")[0] in plugins]
            named |= dict.fromkeys(on, f"role {spec.code}")
    for entity in app.extensions["amagara.entities"]:
        scope = entity.model.__scope__
        rights = {getattr(scope, part, "") for part in ("read", "openly", "log")}
        named |= dict.fromkeys({*rights, *each_right(scope.write)} - {""}, f"model of {entity.name}")
    for name, where in named.items():
        if name not in known:
            raise DoesNotFit(f"{where} names the permission {name}, which no plugin declares")


def everything_leads_somewhere(app: Flask, manager: PluginManager) -> None:
    """Fail when a menu item, an entity or a verb names a page, column, state or right that there is not."""
    for item in each(manager.hook.menu()):
        _page(app, item.endpoint, f"menu item {item.label}")
    registry = app.extensions["amagara.entities"]
    for entity in registry:
        _fits(app, entity)
    for entity in registry:
        for verb in entity.verbs:
            where = f"verb {verb.name}"
            _right(app, verb.permission, where)
            _page(app, verb.page, where)
            _page(app, verb.to if isinstance(verb.to, str) else "", where)
            if verb.machine is not None and verb.machine is not entity.machine:
                raise DoesNotFit(f"{where} is a step of {verb.machine.name}, and {entity.name} has not this machine")
            if verb.offline is not None and verb.form is None:
                raise DoesNotFit(f"{where} waits on a device and has no form: what would wait?")
            of_rows = verb.on is not None and getattr(verb.on, "__entity__", "") != "core.facility"
            if of_rows and (verb.offline is None) is not (verb.kept_rows is None):
                raise DoesNotFit(
                    f"{where} waits on a device for rows: say which (kept_rows), and that it may (offline)"
                )
            for endpoint in verb.offline or ():
                _page(app, endpoint, where)
            if verb.on is not None and getattr(verb.on, "__entity__", "") not in registry:
                raise DoesNotFit(f"{where} is done to {verb.on.__name__}, which is no entity")


def sections_fit(app: Flask, manager: PluginManager) -> None:
    """Fail when a section of the home page names a page, right or icon that there is not."""
    for plugin in manager.hook.home.get_hookimpls():
        given: Any = list(plugin.function() or ())  # type: ignore[call-overload]
        where = f"the section of {plugin.plugin_name} on the home page"
        if len(given) > 1:
            raise DoesNotFit(f"{where} is one: its plugin returns {len(given)}")
        for section in given:
            if not section.rights:
                raise DoesNotFit(f"{where} is for nobody: name the rights, and how much of a day each takes")
            for right in (*section.rights, *(one.permission for one in section.actions)):
                _right(app, right, where)
            for endpoint in (section.endpoint, *(one.endpoint for one in section.actions)):
                _page(app, endpoint, where)
            if ":" in section.icon and section.icon not in app.extensions["amagara.icons"]:
                raise DoesNotFit(f"{where} names the icon {section.icon}, which its static folder has not")


def _fits(app: Flask, entity: Entity) -> None:
    """Fail when an entity lacks its words, or names what its model has not."""
    model, columns = entity.model, entity.model.__mapper__.column_attrs
    if getattr(model, "__entity__", "") != entity.name:
        raise DoesNotFit(f"{model.__name__} does not say that it is {entity.name}: __entity__")
    if not str(entity.label) or not str(entity.plural):
        raise DoesNotFit(f"{entity.name} has no label: what is one called, and what are several?")
    _page(app, entity.endpoint, entity.name)
    _page(app, entity.index, entity.name)
    for name in (*entity.words, *entity.named, *entity.search):
        if name not in columns and not (name in entity.named and f"{name}_fr" in columns):
            raise DoesNotFit(f"{entity.name} names the column {name}, which {model.__name__} has not")
    declared = getattr(entity.table, "columns", ())  # some tables choose theirs for each page
    for column in declared if isinstance(declared, Sequence) else ():
        if column.expr is None and column.value is None and column.name not in columns:
            raise DoesNotFit(f"the column {column.name} of the list of {entity.name} shows nothing: say expr or value")
    if isinstance(model.__scope__, Confidential) and (missing := model.__scope__.missing(model)):
        raise DoesNotFit(f"the scope of {model.__name__} names {missing}, which it has not")
    for step in getattr(entity.machine, "transitions", ()):
        where = f"step {step.action} of {entity.name}"
        _right(app, step.permission, where)
        if unknown := {step.source, step.target} - entity.machine.states.keys():
            raise DoesNotFit(f"{where} names the state {', '.join(unknown)}, which its machine has not")
        if not hasattr(model, step.at):
            raise DoesNotFit(f"{where} asks for the right at {step.at}, which {model.__name__} has not")
    if entity.machine is not None:
        _begins(entity)
        _waits(app, entity)


def _begins(entity: Entity) -> None:
    """Fail when the rows of a machine have no state, or begin in one that it has not."""
    columns = entity.model.__mapper__.column_attrs
    if "state" not in columns:
        raise DoesNotFit(f"{entity.name} has a machine and {entity.model.__name__} no column state")
    column = columns["state"].columns[0]
    begun = (getattr(default, "arg", None) for default in (column.default, column.server_default))
    for state in begun:
        if isinstance(state, str) and state not in entity.machine.states:
            begins = f"{entity.model.__name__} begins in the state {state}"
            raise DoesNotFit(f"{begins}, which {entity.machine.name} has not")


def _waits(app: Flask, entity: Entity) -> None:
    """Fail when what the rows of an entity wait for names a right, page or path that there is not."""
    _page(app, entity.machine.menu, f"the line in the menu of {entity.name}")
    for state, _position, wait in entity.machine.waits():
        where = f"what {entity.name} waits for in the state {state}"
        for right in (wait.right, wait.escalates):
            _right(app, right, where)
        _page(app, wait.page, where)
        if not entity.endpoint or not entity.index:
            raise DoesNotFit(f"{where} is shown nowhere: name the endpoint and the index of the entity")
        for path in wait.paths():
            if not hasattr(entity.model, path.partition(".")[0]):
                raise DoesNotFit(f"{where} names {path}, which {entity.model.__name__} has not")


def _page(app: Flask, endpoint: str | None, where: str) -> None:
    if endpoint and endpoint not in app.view_functions:
        raise DoesNotFit(f"{where} leads to the page {endpoint}, which there is not")


def _right(app: Flask, name: str, where: str) -> None:
    if name and name not in app.extensions["amagara.permissions"]:
        raise DoesNotFit(f"{where} needs {name}, which no plugin declares")


def every_model_has_its_scope(app: Flask, manager: PluginManager) -> None:
    """Fail when a table of a plugin that is on has no scope, or is neither an entity nor kept for the core itself."""
    registry, plugins = app.extensions["amagara.entities"], {name for name, _plugin in manager.list_name_plugin()}
    for mapper in Base.registry.mappers:
        model, table = mapper.class_, getattr(mapper.local_table, "name", "")
        if table.partition("_")[0] not in plugins:
            continue
        if not isinstance(getattr(model, "__scope__", None), Scope):
            raise DoesNotFit(f"{model.__name__} has no __scope__: who reads its rows, and who writes them?")
        if not isinstance(model.__scope__, Internal) and getattr(model, "__entity__", None) not in registry:
            raise DoesNotFit(
                f"{model.__name__} is no entity that a plugin registers: __entity__, and the hook entities()"
            )


def own_fields_can_be_kept(app: Flask) -> None:
    """Fail when an entity has own fields and its model no column for them, or names a column of kinds that is none."""
    for entity in app.extensions["amagara.entities"]:
        columns = entity.model.__mapper__.column_attrs
        if entity.own_fields and ("own" not in columns or not columns["own"].columns[0].info.get("own")):
            raise DoesNotFit(f"{entity.name} has own fields and no column for them: its model is Owned")
        if entity.kinds and entity.kinds not in columns:
            raise DoesNotFit(f"{entity.name} names the column {entity.kinds}, which its model has not")


def what_belongs_can_be_kept(app: Flask) -> None:
    """Fail when an entity with attachments or comments has no page to show them, no scope to follow, or ids that do not
    count."""
    for entity in app.extensions["amagara.entities"]:
        has = "attachments" if entity.attachments else "comments" if entity.comments else ""
        if not has:
            continue
        if not entity.endpoint or entity.endpoint not in app.view_functions:
            raise DoesNotFit(f"{entity.name} has {has} and no page: name its endpoint")
        if isinstance(entity.model.__scope__, Internal):
            raise DoesNotFit(f"{entity.name} has {has} and no scope: who may read them?")
        if not _is_numbered(entity):
            raise DoesNotFit(f"{entity.name} has {has} and no whole number as its id")


def labels_can_be_printed(app: Flask) -> None:
    """Fail when an entity has printed labels and no scope, or rows that no address names."""
    for entity in app.extensions["amagara.entities"]:
        if entity.labels is not None and (isinstance(entity.model.__scope__, Internal) or not _is_numbered(entity)):
            raise DoesNotFit(f"{entity.name} has labels, and needs a scope and a whole number as its id")


def _is_numbered(entity: Entity) -> bool:
    key = entity.model.__mapper__.primary_key
    return [column.name for column in key] == ["id"] and key[0].type.python_type is int
