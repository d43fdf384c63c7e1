"""Migrations: plain Alembic, one environment, a labelled branch and folder a plugin.

A plugin that is installed and switched off keeps its tables as they are: its revisions are known, and left in place.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Connection, Engine, Table, text

from core.contract.plugins import installed, module_folder
from core.data.bulk import BECAUSE
from core.data.db import Base, db

BEFORE_CHANGE = 2 + 8 + 16 + 32  # in pg_trigger: before DELETE, UPDATE and TRUNCATE, of a statement
HOME = Path(__file__).parents[1] / "migrations"
VERSIONS = Path("migrations", "versions")  # below a plugin's folder


def configuration(places: Mapping[str, Path] | None = None) -> Config:
    """Return Alembic's configuration: the core's folder and one for each plugin that is installed, or some `places`."""
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, (places or {**_installed(), **folders()}).values())))
    return config


def _installed() -> dict[str, Path]:
    """Return {plugin: folder of its revisions} of whatever is installed; what is switched off is found, not loaded."""
    found = {point.name: find_spec(point.module) for point in installed()}
    places = {name: Path(str(spec.origin)).parent / VERSIONS for name, spec in found.items() if spec}
    return {name: folder for name, folder in places.items() if folder.is_dir()}


def folders() -> dict[str, Path]:
    """Return {plugin: folder of its revisions} of the core and of the plugins that are switched on."""
    manager = current_app.extensions["amagara.plugins"]
    return {name: versions(plugin) for name, plugin in manager.list_name_plugin() if versions(plugin).is_dir()}


def versions(plugin: Any) -> Path:
    """Return the folder of a plugin's revisions."""
    return Path(module_folder(plugin)) / VERSIONS


def upgrade(target: str = "heads") -> None:
    """Bring the database to the newest revision of every plugin."""
    db.session.remove()
    config = configuration()
    for each in [f"{name}@head" for name in folders()] if target == "heads" else [target]:
        command.upgrade(config, each)


def downgrade(target: str) -> None:
    """Take a plugin's tables back, e.g. "elmis@base"."""
    db.session.remove()
    command.downgrade(configuration(), target)


def revision(plugin: str, message: str) -> None:
    """Write the revision that brings a plugin's tables to its models."""
    folder = versions(current_app.extensions["amagara.plugins"].get_plugin(plugin))
    folder.mkdir(parents=True, exist_ok=True)
    config = _of_what_is_there()
    heads = ScriptDirectory.from_config(config).get_revisions("heads")
    branch = next((head for head in heads if head and plugin in head.branch_labels), None)
    options: dict[str, Any] = (
        {"head": f"{plugin}@head"}
        if branch
        else {"head": "base", "branch_label": plugin, "depends_on": None if plugin == "core" else ["core"]}
    )
    config.attributes["plugin"] = plugin
    command.revision(config, message, autogenerate=True, version_path=str(folder), **options)


def _of_what_is_there() -> Config:
    """Return the configuration of what the database holds: a plugin that was never on here has no part in it."""
    on = configuration(folders())
    known = {each.revision for each in ScriptDirectory.from_config(on).walk_revisions()}
    with _shape().connect() as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
    return on if present <= known else configuration()


def _shape() -> Engine:
    """Return the engine for a look at the database itself: its tables and triggers, not its rows."""
    return db.engine.execution_options(**{BECAUSE: "the shape of the database"})


def differences() -> list[Any]:
    """Return what the models have and the database has not, or the other way round; empty is right."""
    from alembic.autogenerate import compare_metadata

    with _shape().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_object": ours})
        return list(compare_metadata(context, Base.metadata))


def faults() -> list[str]:
    """Return in words where the database is not that of this release: revisions, tables, triggers; empty is right."""
    scripts = ScriptDirectory.from_config(configuration())
    branches = {each.revision: each.branch_labels for each in scripts.walk_revisions()}
    with _shape().connect() as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
        if strangers := present - branches.keys():
            return [f"revisions {', '.join(sorted(strangers))} of a later release, or of what is not installed"]
        wanted = {head for head in scripts.get_heads() if branches[head] & folders().keys()}
        reached = {each.revision for each in scripts.get_all_current(tuple(present))}  # some are implied by a plugin's
        if not wanted <= reached:
            return [f"revisions {', '.join(sorted(present)) or 'none'} instead of {', '.join(sorted(wanted))}"]
        weak = [f"trigger of {table.name}" for table in append_only_tables() if not _guarded(connection, table.name)]
    return weak + [_said(each) for each in differences()]


def _said(difference: Any) -> str:
    """Return one difference in a line."""
    first = difference[0] if isinstance(difference, list) else difference
    return " ".join(str(getattr(part, "name", None) or part) for part in first if part is not None)[:120]


def _guarded(connection: Connection, name: str) -> bool:
    """Return whether the triggers of an append-only table stand as we make them, and are switched on."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
        stored = set(connection.execute(query, {"name": name}).scalars())
        return {each.replace("IF NOT EXISTS ", "") for each in _triggers(name, "sqlite")} <= stored
    query = text(
        "SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = to_regclass(:name) "
        "AND t.tgname = :trigger AND t.tgenabled = 'O' AND t.tgtype = :type"
    )
    values = {"name": name, "trigger": f"{name}_append_only", "type": BEFORE_CHANGE}
    return connection.execute(query, values).scalar() == _triggers(name, "postgresql")[0].split("$$")[1]


def ours(obj: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Return whether a table belongs to a plugin that is switched on."""
    return kind != "table" or owner(name or "") in folders()


def owner(table: str) -> str:
    """Return the plugin a table belongs to, by its prefix."""
    return table.split("_", 1)[0]


def append_only_tables() -> list[Table]:
    """Return the tables of the plugins that are switched on whose rows may only be added."""
    marked = [
        mapper.local_table for mapper in Base.registry.mappers if getattr(mapper.class_, "__append_only__", False)
    ]
    known = folders()
    return [table for table in marked if isinstance(table, Table) and owner(table.name) in known]


def guard_append_only(connection: Connection) -> None:
    """(Re)make the triggers that refuse UPDATE and DELETE on append-only tables."""
    for table in append_only_tables():
        if table.name in db.inspect(connection).get_table_names():
            for statement in _triggers(table.name, connection.dialect.name):
                connection.execute(text(statement))


def _triggers(name: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER IF NOT EXISTS {name}_no_{verb} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            for verb in ("update", "delete")
        ]
    return [
        "CREATE OR REPLACE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        f"CREATE OR REPLACE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_append_only()",
    ]
