"""`amagara`: the command line."""

import os
from pathlib import Path
from typing import IO, Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, FlaskGroup, NoAppException
from sqlalchemy.exc import DBAPIError

from core import create_app, seeds
from core.config import CannotStart
from core.contract.plugins import hooks, in_order
from core.data import clocks
from core.data.access import Access
from core.data.work import unit_of_work
from core.files.cli import file_commands
from core.imports.cli import export_list, import_list
from core.jobs import worker
from core.journal.cli import audit_commands
from core.upkeep import deploy, serving, skeleton
from core.upkeep.cli import backup, check, restore
from core.users import demo
from core.users.accounts.cli import user_commands
from core.web.console import as_system, report_format, say, say_rows


class NoHouse(NoAppException):
    """Raised where the application cannot start; it is said in words, without what lies below them."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the words alone: how the command is written is not what was wrong."""
        click.ClickException.show(self, file)


def application() -> Flask:
    """Return the application of the house that was named, or lies in this folder; NoHouse where there is none, unless
    this command makes it."""
    named = {"AMAGARA_INSTANCE", "AMAGARA_DATABASE_URL"} & os.environ.keys()
    makes = click.get_current_context().command_path.endswith("db upgrade")
    if not (named or makes or Path("instance").exists()):
        raise NoHouse(
            f"there is no house in {Path.cwd()}: no folder instance. AMAGARA_INSTANCE names one that lies elsewhere; "
            "`amagara db upgrade` makes a new one here."
        )
    try:
        return create_app()
    except CannotStart as error:
        raise NoHouse(str(error)) from error


class Commands(FlaskGroup):
    """The commands of Amagara; Flask's own options (--app, --env-file, --debug) are not for those who run it."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options that help shows."""
        return [option for option in super().get_params(ctx) if option.name not in {"app", "env_file", "debug"}]


cli = Commands(
    name="amagara", create_app=application, add_default_commands=False, add_version_option=False, set_debug_flag=False,
    help="Amagara's command line.",
)  # fmt: skip
# Alembic takes 11 MB: each command of it imports it by itself, and the server never does.
db_commands = AppGroup("db", help="The database and its migrations.")
seed_commands = AppGroup("seed", help="Rows to start with.")
plugin_commands = AppGroup("plugin", help="Plugins: which are switched on, and the first files of a new one.")
for group in (
    db_commands,
    seed_commands,
    plugin_commands,
    user_commands,
    audit_commands,
    file_commands,
    import_list,
    export_list,
    check,
    backup,
    restore,
):
    cli.add_command(group)


@db_commands.command("upgrade")
@click.argument("target", default="heads")
def db_upgrade(target: str) -> None:
    """Bring the database to the newest revision (or TARGET), and begin the clocks of what this release waits for."""
    from core.data import migrations

    migrations.upgrade(target)
    if target == "heads":
        try:
            with unit_of_work(Access.system("command line")):
                clocks.mend()
        except DBAPIError as error:  # whoever writes a plugin has changed its models, and there is no revision yet
            said = str(error.orig).partition("\n")[0]
            found = migrations.faults() or [said] * ("no such" in said or "does not exist" in said)
            if found:
                words = 'Models that changed need a revision: amagara db revision PLUGIN "what changed".'
                raise click.ClickException("\n".join([*found, words])) from error
            raise


@db_commands.command("revision")
@click.argument("plugin")
@click.argument("message")
def db_revision(plugin: str, message: str) -> None:
    """Write a revision for PLUGIN from its models."""
    from core.data import migrations

    migrations.revision(plugin, message)


@db_commands.command("check")
def db_check() -> None:
    """Fail when revisions, tables or triggers are not those of this release."""
    from core.data import migrations

    if found := migrations.faults():
        raise click.ClickException("\n".join(found))
    click.echo("the database is that of this release")


@seed_commands.command("reference")
@as_system
def seed_reference() -> None:
    """Insert the rows that every installation needs; what is there stays."""
    _seed("reference", "")


@seed_commands.command("demo")
@click.option("--size", type=click.Choice(["district", "country"]), default="district", show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing when there are data already.")
@report_format
@as_system
def seed_demo(size: str, if_empty: bool, form: str) -> None:
    """Load the demonstration country and print the accounts to try."""
    wanted = not if_empty or seeds.is_empty()
    if wanted:
        _seed("reference", size)
        _seed("demo", size)
    if form == "json":
        say({"loaded": wanted, "accounts": demo.accounts()}, form)
    elif accounts := demo.accounts():
        click.echo("Accounts of the demonstration:")
        say_rows(accounts)


def _seed(kind: str, size: str) -> None:
    with unit_of_work():
        in_order(hooks().seed, kind=kind, size=size)
        clocks.mend()


@plugin_commands.command("new")
@click.argument("name")
@click.option("--in", "where", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where it is made.")
@as_system
def plugin_new(name: str, where: Path) -> None:
    """Write the first files of a plugin NAME, which runs as it is."""
    click.echo(skeleton.write(name, where))
    click.echo(f'pip install -e amagara-{name}; amagara db revision {name} "first tables"; amagara db upgrade')


@plugin_commands.command("list")
@report_format
def plugin_list(form: str) -> None:
    """List the plugins that are switched on, in their order."""
    manager = current_app.extensions["amagara.plugins"]
    rows = [{"name": name, "module": plugin.__name__} for name, plugin in manager.list_name_plugin()]
    say({"plugins": rows}, form) if form == "json" else say_rows(rows)


@cli.command("run")
@click.option("--check", is_flag=True, help="Only say whether the port is free.")
def run(check: bool) -> None:
    """Serve on HOST and PORT (default 127.0.0.1:8000)."""
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    if serving.is_taken(host, port):
        raise click.ClickException(f"port {port} is taken by another program: try make run PORT={port + 1}")
    if check:
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        deploy.refuse_grave(app)
    except CannotStart as error:
        raise click.ClickException(str(error)) from error
    if not app.config["REDIS_URL"]:
        worker.start_thread(app)
    serving.serve(app, host, port, ready=lambda: click.echo(f"Amagara: http://{host}:{port}"))


def main() -> None:
    """Run the command line; what it writes is for this account alone."""
    os.umask(0o077)
    cli.main()


if __name__ == "__main__":
    main()
