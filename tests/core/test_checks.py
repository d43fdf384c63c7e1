"""What does not fit refuses the start, in words that say what and where: never a page that breaks at a click."""

from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest
from pluggy import PluginManager
from sqlalchemy import Integer, MetaData
from sqlalchemy.orm import mapped_column

from core.config import CannotStart
from core.contract import checks, hookspecs
from core.contract.entities import Entities
from core.contract.hookspecs import hookimpl
from core.contract.plugins import entities, with_lists
from core.contract.ports import MenuItem, RoleSpec, Stock
from core.contract.verbs import Verb
from core.data.db import Base
from core.data.states import Machine, State, Transition
from core.data.waits import Wait
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.web.tables import Column, Table


class Empty(Table):
    model = User
    columns = [Column("nothing", "Nothing")]


def machine(target="b", right="core.user.edit", at="facility"):
    return Machine("core.user", {"a": State("A"), "b": State("B")}, [Transition("a", "go", target, right, "Go", at=at)])


def verb(right="core.user.edit", **more):
    return [Verb("core.user.x", "X", right, print, **more)]


WRONG = {
    "no label": {"label": ""},
    "and what are several?": {"plural": ""},
    "nowhere.page": {"endpoint": "nowhere.page"},
    "column nought": {"words": {"nought": {}}},
    "column none": {"named": ("none",)},
    "column nil": {"search": ("nil",)},
    "column nothing of the list": {"table": Empty},
    "state c": {"machine": machine(target="c")},
    "needs core.nothing": {"machine": machine(right="core.nothing")},
    "right at door": {"machine": machine(at="door")},
    "no column state": {"machine": machine(at="name")},
    "has not this machine": {"verbs": [machine().verb("go", User)]},
    "has no form": {"verbs": verb(offline=())},
    "nowhere.list": {"verbs": verb(form=print, offline=["nowhere.list"])},
    "say which (kept_rows)": {"verbs": verb(form=print, offline=(), on=User)},
    "needs core.none": {"verbs": verb("core.none")},
    "nowhere.else": {"verbs": verb(page="nowhere.else")},
    "nowhere.after": {"verbs": verb(to="nowhere.after")},
    "done to Strange": {"verbs": verb(on=type("Strange", (), {}))},
    "does not say that it is": {"model": Facility},
}


@pytest.mark.parametrize(("said", "change"), WRONG.items(), ids=WRONG)
def test_an_entity_that_leads_nowhere_refuses_the_start(app, monkeypatch, said, change):
    registry = Entities()
    for entity in entities():
        registry.add(replace(entity, **change) if entity.name == "core.user" else entity)
    monkeypatch.setitem(app.extensions, "amagara.entities", registry)
    with pytest.raises(checks.DoesNotFit) as refusal:
        checks.everything_leads_somewhere(app, app.extensions["amagara.plugins"])
    words = str(refusal.value)
    assert said.split()[-1] in words and "core.user" in words


def test_rows_that_begin_in_a_state_which_is_none_refuse_the_start(app, monkeypatch):
    registry = Entities()
    registry.add(replace(entities()["core.import"], machine=Machine("core.import", {"a": State("A")}, [])))
    monkeypatch.setitem(app.extensions, "amagara.entities", registry)
    with pytest.raises(checks.DoesNotFit, match=r"ImportRun begins in the state \w+, which core\.import has not"):
        checks.everything_leads_somewhere(app, app.extensions["amagara.plugins"])


def test_a_hook_that_nobody_would_ask_refuses_the_start(app):
    manager, module = app.extensions["amagara.plugins"], ModuleType("forgetful")
    manager.register(module, "forgetful")
    try:
        checks.hooks_are_heard(manager)
        exec("def panels(obj):\n    return []\n", vars(module))
        with pytest.raises(checks.DoesNotFit, match=r"forgetful: the function panels .* mark it @hookimpl"):
            checks.hooks_are_heard(manager)
        module.panels = hookimpl(module.panels)
        checks.hooks_are_heard(manager)
        module.CARDS = []
        with pytest.raises(checks.DoesNotFit, match="forgetful: the hook cards is asked each time"):
            checks.hooks_are_heard(manager)
    finally:
        manager.unregister(module)


def test_the_rooms_of_a_plugin_answer_together(app):
    """Lists in capitals one after the other, dictionaries as one, functions with what they are asked; what a room does
    to the noun of another comes to that noun."""
    users = entities()["core.user"]
    manager, plugin = PluginManager(hookspecs.NAME), ModuleType("big")
    manager.add_hookspecs(hookspecs)
    one, two = plugin.ROOMS = [ModuleType("one"), ModuleType("two")]
    one.ENTITIES, one.MENU = [replace(users, name="big.item", verbs=[])], ["a"]
    one.SERVICES, one.menu = {int: 1}, "a module that it imports"
    exec("def panels(obj):\n    return [obj, 1]\ndef seed(kind, size):\n    return None\n", vars(one))
    two.MENU, two.SERVICES, two.IMPORTERS = ["b", "c"], {str: 2}, {"big.item": "importer"}
    two.VERBS_OF_OTHERS = [Verb("big.item.paint", "Paint", "core.user.view", print)]
    exec("def panels(obj):\n    yield obj + 1\ndef cards(facility):\n    return [facility]\n", vars(two))
    manager.register(with_lists(plugin), "big")
    hook = manager.hook
    assert hook.menu() == [["a", "b", "c"]] and hook.services() == [{int: 1, str: 2}] and hook.facts() == []
    assert hook.panels(obj=5) == [[5, 1, 6]] and hook.cards(facility="F") == [["F"]] and hook.inbox() == []
    (noun,) = hook.entities()[0]
    assert noun.importer == "importer" and noun.verbs == two.VERBS_OF_OTHERS
    checks.hooks_are_heard(manager)
    two.CARDS = ["a list"]
    with pytest.raises(checks.DoesNotFit, match="two: the hook cards is asked each time"):
        checks.hooks_are_heard(manager)
    two.CARDS = "big.cards.edit"
    with pytest.raises(checks.DoesNotFit, match=r"two: CARDS is the list of a hook, and 'big\.cards\.edit' is none"):
        checks.hooks_are_heard(manager)
    del two.CARDS
    exec("def facts():\n    return []\n", vars(two))
    with pytest.raises(checks.DoesNotFit, match="two: the hook facts is asked once: a list FACTS"):
        checks.hooks_are_heard(manager)


def test_a_model_without_a_scope_is_none():
    with pytest.raises(CannotStart, match="Open has no __scope__"):
        type(
            "Open",
            (Base,),
            {"__tablename__": "open", "metadata": MetaData(), "id": mapped_column(Integer, primary_key=True)},
        )


def test_a_time_that_is_allowed_has_a_unit():
    with pytest.raises(ValueError, match=r"within=5 is no time: days\(5\)"):
        Wait("Do it", "Do", "core.user.edit", within=5)


@pytest.fixture
def plugin(app):
    """Register a plugin of a name, with a menu and roles."""
    manager, made = app.extensions["amagara.plugins"], []

    def register(name, **answers):
        module = SimpleNamespace(**{hook: hookimpl(lambda answer=answer: answer) for hook, answer in answers.items()})
        made.append(module)
        manager.register(module, name)
        return manager

    yield register
    for module in made:
        manager.unregister(module)


def test_a_menu_item_without_a_page_refuses_the_start(app, plugin):
    manager = plugin("strange", menu=[MenuItem("Stores", "nowhere.index", None)])
    with pytest.raises(checks.DoesNotFit, match=r"Stores leads to the page nowhere\.index"):
        checks.everything_leads_somewhere(app, manager)


def test_a_role_may_name_rights_of_a_plugin_that_is_off_and_none_that_nobody_declares(app, plugin):
    manager = plugin("strange", permissions=[RoleSpec("both", "Both", ["elmis.stock.view", "core.user.view"])])
    checks.every_name_is_known(app, manager)
    plugin("stranger", permissions=[RoleSpec("wrong", "Wrong", ["core.user.vieww"])])
    with pytest.raises(checks.DoesNotFit, match=r"role wrong names the permission core\.user\.vieww"):
        checks.every_name_is_known(app, manager)


def test_a_provider_that_lacks_a_method_refuses_the_start():
    half = type("HalfStock", (), {"available": lambda *_: None})()
    with pytest.raises(checks.DoesNotFit, match="HalfStock is no Stock: no issue"):
        checks.one_provider_each([{Stock: half}])


def test_a_model_without_entity_or_scope_refuses_the_start(app, monkeypatch):
    manager = app.extensions["amagara.plugins"]
    checks.every_model_has_its_scope(app, manager)
    monkeypatch.setattr(User, "__entity__", "core.nobody")
    with pytest.raises(checks.DoesNotFit, match="User is no entity"):
        checks.every_model_has_its_scope(app, manager)
    monkeypatch.setattr(User, "__scope__", None)
    with pytest.raises(checks.DoesNotFit, match="User has no __scope__"):
        checks.every_model_has_its_scope(app, manager)
