"""`amagara elmis`: the commands of the plugin."""

from dataclasses import asdict

import click
from flask import Blueprint

from core.web.console import as_system, report_format, say
from plugins.elmis.ledger.verify import verify_ledger as faults_of_ledger

bp = Blueprint("elmis_commands", __name__, cli_group="elmis")
bp.cli.help = "Stocks and orders of health products."


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
