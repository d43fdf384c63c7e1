"""Thirty-two processes issue from five hundred units: exactly five hundred go out, and nobody is turned away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.services import location
from plugins.elmis.ledger.verify import verify_ledger
from tests.conftest import SECRETS
from tests.elmis import make

PROCESSES, EACH, UNITS = 32, 17, 500
# One program that loads Amagara once and forks, before any connection is open: loading it 32 times takes minutes.
ISSUER = """
import os, sys, traceback
from core import create_app
from core.data.access import Access, acting
from core.data.errors import Refused
from core.data.work import be_patient, perform

url, folder, lot, store, consumption, turns, processes = sys.argv[1:]
settings = {"SQLALCHEMY_DATABASE_URI": url, "INSTANCE": folder, "KEYS": folder, "PLUGINS": ["elmis"]}
settings |= {name: os.environ[name] for name in ("SECRET_KEY", "AUDIT_KEY")}
app = create_app(settings)
from plugins.elmis.ledger.services import Move, post

def issue():
    issued = 0
    with app.app_context(), acting(Access.system("issuer")):
        be_patient(60)  # SQLite's lock knows no order between processes; threads of a server stand in line
        for turn in range(int(turns)):
            move = Move(int(lot), 1, int(store), int(consumption), "dispensed")
            try:
                perform(lambda: [row.id for row in post([move])])
                issued += 1
            except Refused:
                pass
    return issued

children = []
for n in range(int(processes)):
    child = os.fork()
    if child == 0:
        try:
            os.write(1, f"issued {issue()}\\n".encode())
        except BaseException:
            os.write(1, traceback.format_exc().encode())
        finally:
            os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""


@pytest.mark.slow
@pytest.mark.both_databases
def test_thirty_two_processes_issue_five_hundred_units(app, world, tmp_path):
    make.reference()
    with unit_of_work(Access.system("test")):
        lot = make.lot(make.product())
        make.receive(world["P1A-CDS1"], lot, UNITS)
        places = [location(world["P1A-CDS1"], kind).id for kind in ("store", "consumption")]
        lot_id = lot.id
    url = db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", ISSUER, url, str(tmp_path), *map(str, [lot_id, *places, EACH, PROCESSES])]
    folder = Path(__file__).parents[2]
    db.session.rollback()
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **SECRETS, "PYTHONPATH": str(folder)}, text=True, timeout=200,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = done.stdout
    assert "locked" not in said and "Traceback" not in said, said[-3000:]
    issued = [int(line.split()[1]) for line in said.splitlines() if line.startswith("issued ")]
    assert (len(issued), sum(issued)) == (PROCESSES, UNITS)
    assert balances.available(places[0], lot_id) == 0
    assert verify_ledger() == []
