"""What the commands share: a report as text or as JSON, and acting as the machine itself."""

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any

import click

from core.data.access import Access, acting
from core.data.errors import AmagaraError
from core.data.work import be_patient

report_format = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)


def say(report: dict[str, Any], form: str = "text") -> None:
    """Print a report: one JSON document, or a line a fact."""
    if form == "json":
        click.echo(json.dumps(report, ensure_ascii=False, default=str, indent=2))
        return
    for name, value in report.items():
        click.echo(f"{name}: {value}")


def progress(words: str) -> None:
    """Say on the error output what is done now, so that a report on the other one stays whole."""
    click.echo(words, err=True)


def say_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as columns that stand under one another."""
    names = list(rows[0]) if rows else []
    widths = {name: max(len(str(row[name])) for row in rows) for name in names}
    for row in rows:
        click.echo("  ".join(str(row[name]).ljust(widths[name]) for name in names).rstrip())


def as_system(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command act as the machine; a refusal becomes its message and a failed exit."""

    @functools.wraps(command)
    def run(*args: Any, **values: Any) -> Any:
        try:
            be_patient(60)
            with acting(Access.system("command line")):
                return command(*args, **values)
        except AmagaraError as error:
            raise click.ClickException(str(error.message)) from error

    return run
