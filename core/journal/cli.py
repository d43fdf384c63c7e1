"""`amagara audit`: is the trail whole?"""

from pathlib import Path

import click
from flask.cli import AppGroup

from core.data import audit
from core.data.db import one_moment
from core.data.work import perform
from core.journal import checkpoint as checkpoints
from core.web.console import as_system, report_format, say

audit_commands = AppGroup("audit", help="The audit trail.")


@audit_commands.command("verify")
@click.option("--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A checkpoint file.")
@report_format
@as_system
def verify(against: Path | None, form: str) -> None:
    """Name the first line of each stream that does not fit; fail when there is one."""
    one_moment()
    faults = audit.verify()
    if against:
        faults += checkpoints.compare(against.read_text("utf-8"), checkpoints.key_path())
    lines, streams = checkpoints.size()
    rows = [{"stream": fault.stream, "line": fault.seq, "fault": fault.reason} for fault in faults]
    if form == "json":
        say({"whole": not faults, "lines": lines, "streams": streams, "faults": rows}, form)
    else:
        say({"lines": lines, "streams": streams, "whole": "no" if faults else "yes"})
        for row in rows:
            click.echo(f"stream {row['stream']}, line {row['line']}: {row['fault']}")
    if faults:
        raise SystemExit(1)


@audit_commands.command("checkpoint")
@click.option("--to", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
@report_format
@as_system
def checkpoint(target: Path, form: str) -> None:
    """Write the signed ends of all streams to a file; keep it on another machine."""
    text, streams = checkpoints.make(checkpoints.key_path())
    target.write_text(text, "utf-8")
    say({"file": str(target), "streams": streams}, form)


@audit_commands.command("accept")
@click.option("--reason", required=True, help="What was found and decided; it stays in the trail.")
@report_format
@as_system
def accept(reason: str, form: str) -> None:
    """Sign the trail as it stands now: after a backup was put back, or once an alteration was looked into."""
    say({"streams": perform(lambda: audit.accept(reason))}, form)
