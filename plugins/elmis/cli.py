"""`amagara elmis`: the commands of the plugin."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from flask import Blueprint
from sqlalchemy import select

from core.contract.words import _
from core.data.db import db, today
from core.data.errors import Missing
from core.facilities.models import Facility
from core.web.console import as_system, report_format, say, say_rows
from plugins.elmis.ledger.verify import verify_ledger as faults_of_ledger
from plugins.elmis.replenishment.services import Proposal
from plugins.elmis.replenishment.services import suggest as proposals
from plugins.elmis.requisitions.coming import expected

bp = Blueprint("elmis_commands", __name__, cli_group="elmis")
bp.cli.help = "Stocks and orders of health products."
BLUEPRINTS = [bp]


@bp.cli.command("verify-ledger")
@report_format
@as_system
def verify_ledger(form: str) -> None:
    """Prove the ledger: balances rebuilt equal balances kept, sums are zero, no day is negative.

    Exits with 1 when anything does not fit, each fault named.
    """
    faults = faults_of_ledger()
    if form == "json":
        say({"whole": not faults, "faults": [asdict(fault) for fault in faults]}, form)
    else:
        for fault in faults:
            click.echo(f"{fault.rule}: location {fault.location_id}, lot {fault.lot_id}: {fault.detail}", err=True)
        say({"faults": len(faults), "ledger": "broken" if faults else "whole"})
    if faults:
        raise SystemExit(1)


@bp.cli.command("suggest")
@click.option("--facility", required=True, help="Code of the facility.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Stock of which day (default: today).")
@click.option("--policy", default="adjusted", show_default=True, help="adjusted, simple, openlmis_v3 or msh.")
@report_format
@as_system
def suggest(facility: str, on: datetime | None, policy: str, form: str) -> None:
    """Say what a facility should order, product by product; nothing is stored."""
    place = db.session.scalar(select(Facility).where(Facility.code == facility))
    if place is None:
        raise Missing(_("No facility has the code %(code)s.", code=facility))
    day = on.date() if on else today()
    found = proposals(place, day, policy, expected(place))
    rows = [{"code": one.product.code, "name": one.product.name_fr, **_figures(one)} for one in found]
    if form == "json":
        full = [{**row, **one.snapshot()} for row, one in zip(rows, found, strict=True)]
        say({"facility": facility, "on": day, "policy": policy, "products": full}, form)
    else:
        say_rows(rows)


def _figures(one: Proposal) -> dict[str, Any]:
    """Return the figures of a line, as the command prints them."""
    figures = one.figures()
    cmm = figures["cmm"]
    return {
        "usable": figures["usable"],
        "cmm": "-" if cmm is None else str(cmm.quantize(Decimal("0.01"))),
        "status": figures["status"],
        "need": "-" if one.suggestion.need is None else one.suggestion.need,
        "quantity": one.suggestion.quantity,
        "packs": str(one.suggestion.in_packs) if one.suggestion.quantity else "",
    }
