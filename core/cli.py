"""`amagara`: the command line."""

import json
import os
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, FlaskGroup

from core import create_app
from core.data import migrations
from core.jobs import worker

cli = FlaskGroup(name="amagara", create_app=create_app, add_default_commands=False, help="Amagara's command line.")
db_commands = AppGroup("db", help="The database and its migrations.")
cli.add_command(db_commands)


def say(report: dict[str, Any], form: str = "text") -> None:
    """Print a report: one JSON document, or a line a fact."""
    if form == "json":
        click.echo(json.dumps(report, ensure_ascii=False, default=str, indent=2))
    else:
        for name, value in report.items():
            click.echo(f"{name}: {value}")


@db_commands.command("upgrade")
@click.argument("target", default="heads")
def db_upgrade(target: str) -> None:
    """Bring the database to the newest revision (or TARGET)."""
    migrations.upgrade(target)


@db_commands.command("revision")
@click.argument("plugin")
@click.argument("message")
def db_revision(plugin: str, message: str) -> None:
    """Write a revision for PLUGIN from its models."""
    migrations.revision(plugin, message)


@db_commands.command("check")
def db_check() -> None:
    """Fail when models and database differ."""
    if found := migrations.differences():
        raise click.ClickException("\n".join(map(str, found)))
    click.echo("models and database agree")


@cli.command("run")
def run() -> None:
    """Serve on HOST and PORT (default 127.0.0.1:8000)."""
    from waitress import serve

    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    click.echo(f"Amagara: http://{host}:{port}")
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.config["REDIS_URL"]:
        worker.start_thread(app)
    serve(app, host=host, port=port, threads=8, ident=None)


def main() -> None:
    """Run the command line."""
    cli.main()
