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
from tests.elmis import make

PROCESSES, EACH, UNITS = 32, 17, 500
ISSUER = """
import sys
from core import create_app
from core.data.access import Access, acting
from core.data.errors import Refused
from core.data.work import perform
from plugins.elmis.ledger.services import Move, post

url, folder, lot, store, consumption, turns = sys.argv[1:]
app = create_app({"SQLALCHEMY_DATABASE_URI": url, "INSTANCE": folder, "SECRET_KEY": "t", "AUDIT_KEY": "t", "PLUGINS": ["elmis"]})
issued = 0
with app.app_context(), acting(Access.system("issuer")):
    sys.stdin.readline()
    for turn in range(int(turns)):
        move = Move(int(lot), 1, int(store), int(consumption), "dispensed")
        try:
            perform(lambda: [row.id for row in post([move])])
            issued += 1
        except Refused:
            pass
print(issued)
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
    command = [sys.executable, "-c", ISSUER, url, str(tmp_path), *map(str, [lot_id, *places, EACH])]
    folder = Path(__file__).parents[2]
    db.session.rollback()
    started = [
        subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for _turn in range(PROCESSES)
    ]  # fmt: skip
    outputs = [each.communicate("go\n", timeout=240)[0] for each in started]
    said = "\n".join(outputs)
    assert "locked" not in said and "Traceback" not in said, said[-3000:]
    assert sum(int(output.split()[-1]) for output in outputs) == UNITS
    assert balances.available(places[0], lot_id) == 0
    assert verify_ledger() == []
