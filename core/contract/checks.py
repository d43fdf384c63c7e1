"""What must fit together before the application serves: wrong names fail at start, not in use."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from flask import Flask
from pluggy import PluginManager

from core.contract.plugins import each
from core.contract.ports import Permission, Recurring, RoleSpec
from core.data.access import Internal, each_right


class DoesNotFit(RuntimeError):
    """Raised at start: two providers of a port, an unknown permission, an endpoint without a right."""


def one_provider_each(answers: Iterable[Mapping[type, Any]]) -> dict[type, Any]:
    """Return {Protocol: implementation}; two providers of one Protocol fail."""
    found: dict[type, Any] = {}
    for services in answers:
        for protocol, implementation in services.items():
            if protocol in found:
                raise DoesNotFit(f"two plugins provide {protocol.__name__}")
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


def every_endpoint_declares_its_right(app: Flask) -> None:
    """Fail when a view carries neither a permission nor the mark that it is public on purpose."""
    known = app.extensions["amagara.permissions"]
    for endpoint, view in app.view_functions.items():
        right = getattr(view, "permission", None)
        if right is None:
            raise DoesNotFit(f"endpoint {endpoint} declares no right: use @permission or @public")
        if right and right not in known:
            raise DoesNotFit(f"endpoint {endpoint} needs {right}, which no plugin declares")


def every_name_is_known(app: Flask, manager: PluginManager) -> None:
    """Fail when a role, menu item, entity or model names a permission that no plugin declares."""
    known = app.extensions["amagara.permissions"]
    named = {item.permission: f"menu item {item.endpoint}" for item in each(manager.hook.menu()) if item.permission}
    named |= {entity.permission: entity.name for entity in app.extensions["amagara.entities"] if entity.permission}
    for spec in each(manager.hook.permissions()):
        if isinstance(spec, RoleSpec):
            named |= {name: f"role {spec.code}" for name in spec.permissions if "*" not in name}
    for entity in app.extensions["amagara.entities"]:
        scope = entity.model.__scope__
        named |= dict.fromkeys({getattr(scope, "read", ""), *each_right(scope.write)} - {""}, f"model of {entity.name}")
    for name, where in named.items():
        if name not in known:
            raise DoesNotFit(f"{where} names the permission {name}, which no plugin declares")


def attachments_can_be_kept(app: Flask) -> None:
    """Fail when an entity with attachments has no page to show them, no scope to follow, or ids that do not count."""
    for entity in app.extensions["amagara.entities"]:
        if not entity.attachments:
            continue
        key = entity.model.__mapper__.primary_key
        if not entity.endpoint or entity.endpoint not in app.view_functions:
            raise DoesNotFit(f"{entity.name} has attachments and no page: name its endpoint")
        if isinstance(entity.model.__scope__, Internal):
            raise DoesNotFit(f"{entity.name} has attachments and no scope: who may read them?")
        if [column.name for column in key] != ["id"] or key[0].type.python_type is not int:
            raise DoesNotFit(f"{entity.name} has attachments and no whole number as its id")
