"""`amagara check`, `backup` and `restore`: is this installation fit for real use, and could it be had back?"""

from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import with_appcontext

from core.upkeep import backup as backups
from core.upkeep import deploy
from core.web.console import as_system, report_format, say


@click.command("check")
@click.option("--deploy", "wanted", is_flag=True, required=True, help="Name every unsafe setting.")
@report_format
@with_appcontext
@as_system
def check(wanted: bool, form: str) -> None:
    """Say what is unsafe for real use; fail when something is grave."""
    found = deploy.findings()
    if form == "json":
        say({"safe": not found, "findings": [asdict(one) for one in found]}, form)
    else:
        for one in found:
            click.echo(f"{'GRAVE' if one.grave else 'check'}  {one.name}: {one.message}")
        say({"findings": len(found), "grave": sum(one.grave for one in found)})
    if any(one.grave for one in found):
        raise SystemExit(1)


@click.command("backup")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@report_format
@with_appcontext
@as_system
def backup(target: Path, form: str) -> None:
    """Write a sealed backup of database and files to TARGET; the key is AMAGARA_BACKUP_KEY."""
    made = backups.make(target)
    say({"file": str(target), "made_at": made["made_at"], "size": made["size"], "streams": len(made["heads"]),
         "files": len(made["files"]), "lacking": len(made["lacking"])}, form)  # fmt: skip


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Prove that the backup can be restored, and leave nothing behind.")
@click.option("--into", help="A database file that is not there yet, or the address of an empty PostgreSQL database.")
@report_format
@with_appcontext
@as_system
def restore(source: Path, verify: bool, into: str | None, form: str) -> None:
    """Restore the backup SOURCE and check every line of its trail."""
    if verify == bool(into):
        raise click.UsageError("say either --verify or --into")
    proved = backups.restore(source, into)
    lacking = proved["lacking"]
    say({"whole": "no" if lacking else "yes", **proved, "lacking": lacking if form == "json" else len(lacking)}, form)
    for name in lacking if form == "text" else ():
        click.echo(f"lacking  {name}")
    if lacking and verify:
        raise SystemExit(1)
