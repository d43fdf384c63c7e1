"""What does not fit refuses the start, in words that say what and where: never a page that breaks at a click."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.contract import checks
from core.contract.entities import Entities
from core.contract.hookspecs import hookimpl
from core.contract.plugins import entities
from core.contract.ports import MenuItem, RoleSpec, Stock
from core.contract.verbs import Verb
from core.data.states import Machine, State, Transition
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
