"""`amagara check`: is this installation fit for real use?"""

from dataclasses import asdict

import click
from flask.cli import with_appcontext

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
