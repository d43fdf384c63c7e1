"""`amagara import` and `amagara export`: lists in and out, without a browser."""

import gc
import shutil
import sys
from pathlib import Path
from typing import IO, Any

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import get_locale

from core.contract.plugins import entities
from core.data import audit
from core.data.access import acting, current
from core.data.errors import Doubt, Question, Refused
from core.data.work import perform
from core.imports import services
from core.imports.importer import Importer, Report
from core.imports.mapping import Mapped
from core.imports.parse import DATE_FORMATS
from core.imports.readers import Table
from core.web import exports
from core.web.console import as_system, report_format, say
from core.web.derived import table_of
from core.web.tables import Table as Listed

Said = tuple[str, ...]
DECIMALS = {"comma": ",", "point": "."}


@click.command("import")
@click.argument("entity")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD", help="The column of a field; COLUMN= for none.")
@click.option(
    "--value", "values", multiple=True, metavar="FIELD:WORD=VALUE", help="A word's meaning; no word: if empty."
)
@click.option("--date-format", type=click.Choice(list(DATE_FORMATS)), help="How dates are written in this file.")
@click.option(
    "--decimal", "decimals", type=click.Choice(list(DECIMALS)), help="Whether 1.250 is 1250 (comma) or 1¼ (point)."
)
@click.option(
    "--yes", is_flag=True, help="Say yes to each question; without it they are printed, and nothing is written."
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="CODE=CHOICE",
    help="What only a person knows, as the question names it.",
)
@report_format
@with_appcontext
@as_system
def import_list(
    entity: str,
    file: Path,
    dry_run: bool,
    maps: Said,
    values: Said,
    date_format: str,
    decimals: str,
    yes: bool,
    answers: Said,
    form: str,
) -> None:
    """Import FILE (CSV, XLSX, JSON) as ENTITY, all or nothing. docs/import.md lists the columns."""

    def chosen(importer: Importer, table: Table) -> Mapped:
        return choose(services.propose(importer, table), maps, values, date_format, decimals)

    report = services.dry_run(entity, file, chosen).plain() if dry_run else _take(entity, file, chosen, yes, answers)
    asked = bool(report.get("open"))
    tell(entity, report, not dry_run and not asked, form)
    if report["refused"] or (asked and not dry_run):
        raise SystemExit(1)


def _take(entity: str, file: Path, chosen: Any, yes: bool, answers: Said) -> dict[str, Any]:
    """Return the report of a file that was imported, refused, or asked about: `open` says that nothing was written."""
    given = dict(each.partition("=")[::2] for each in answers)
    gc.freeze()  # what is loaded stays: looked through for garbage again and again, it took a tenth of a long import

    def said(question: Question) -> str:
        return given.get(question.code, "") if question.choices else "yes" * yes

    try:
        return services.report_of(services.take(entity, file, chosen=chosen, answers=said))
    except Doubt as doubt:
        return doubt.facts["report"].plain() | {"open": True}
    except Refused as refusal:
        report: Report | None = refusal.facts.get("report")
        if report is None:
            raise
        return report.plain()


def choose(proposed: Mapped, maps: Said, values: Said, dates: str | None, decimals: str | None = None) -> Mapped:
    """Return the proposed mapping with what was said on the command line."""
    columns = dict(proposed.columns)
    for each in maps:
        column, given, name = each.rpartition("=")
        if not given:
            raise click.BadParameter(f"{each}: COLUMN=FIELD is expected")
        columns = {key: field for key, field in columns.items() if key != column and field != name}
        columns |= {column: name} if name else {}
    words: dict[str, dict[str, str]] = {}
    for each in values:
        left, given, value = each.rpartition("=")
        name, colon, word = left.partition(":")
        if not given or not colon:
            raise click.BadParameter(f"{each}: FIELD:WORD=VALUE is expected")
        words.setdefault(name, {})[word] = value
    return Mapped(columns, words, dates or proposed.dates, DECIMALS.get(decimals or "", proposed.decimals))


def tell(entity: str, report: dict[str, Any], wrote: bool, form: str) -> None:
    """Print what was done, or why not, each refusal with its line and field, each question in its words."""
    done, refused, refusals = not report["refused"] and wrote, report["refused"], report["refusals"]
    if form == "json":
        told = {name: value for name, value in report.items() if name != "samples"}
        return say({"entity": entity, "imported": done, **told}, "json")
    for one in refusals:
        click.echo(f"line {one['line']}, {one['field'] or 'line'}: {one['reason']} [{one['value']}]", err=True)
    for one in report["questions"]:
        ways = "; ".join(f"--answer {one['code']}={code}: {words}" for code, words in one["choices"])
        click.echo(f"question: {one['words']} {ways}".rstrip(), err=True)
    if refused > len(refusals):
        click.echo(f"and {refused - len(refusals)} more", err=True)
    say({"lines": report["lines"], "refused": refused, **report["counts"], "imported": "yes" if done else "no"})


@click.command("export")
@click.argument("entity")
@click.option("--format", "form", type=click.Choice(["csv", "xlsx", "json"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; the standard output otherwise.")
@with_appcontext
@as_system
def export_list(entity: str, form: str, out: Path | None) -> None:
    """Export all rows of ENTITY with all its columns; what can be imported comes back by `import` as it is."""
    known = entities()
    if entity not in known:
        names = ", ".join(sorted(each.name for each in known))
        raise click.ClickException(f"there is no list of {entity}; there are: {names}")
    with export(table_of(known[entity]), form) as file:
        if out is None:
            shutil.copyfileobj(file, sys.stdout.buffer)
        else:
            with out.open("wb") as target:
                shutil.copyfileobj(file, target)


def export(listed: type[Listed], form: str) -> IO[bytes]:
    """Return a list, all its rows and columns, as a file; it is noted in the journal as an export of a page is."""
    table, access = listed(), current()
    with current_app.test_request_context("/"), acting(access):
        table.ask()
        table.asked.columns = table.known
        perform(lambda: audit.note("export", table.model.__entity__, format=form))
        heads = [column.name if form == "json" else str(column.label) for column in table.asked.columns]
        return exports.write(form, heads, table.cells(), str(get_locale() or "fr")[:2])
