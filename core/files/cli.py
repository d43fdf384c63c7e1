"""`amagara files verify`: is every document and photo there, and as it was sent?"""

from dataclasses import asdict

import click
from flask.cli import AppGroup, with_appcontext

from core.data.db import one_moment
from core.files import services
from core.web.console import as_system, report_format, say

file_commands = AppGroup("files", help="Documents and photos.")


@file_commands.command("verify")
@report_format
@with_appcontext
@as_system
def verify(form: str) -> None:
    """Hash each content against its name and its rows; fail when one is missing or damaged."""
    one_moment()
    proof = services.verify()
    if form == "json":
        say({"whole": proof.whole, "faults": proof.faults, **asdict(proof)}, form)
    else:
        for kind in ("missing", "damaged", "stray"):
            for name in getattr(proof, kind):
                click.echo(f"{kind}  {name}")
        say({"whole": proof.whole, "missing": len(proof.missing), "damaged": len(proof.damaged),
             "stray": len(proof.stray)})  # fmt: skip
    if proof.faults:
        raise SystemExit(1)
