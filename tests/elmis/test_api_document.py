"""The program of docs/api.md carries an order through its cycle, against the server as it is really started."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.api.tokens import services
from core.contract.plugins import permissions
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.access import access_of
from plugins.elmis.promises.models import Receipt
from tests.core.test_serving import served

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
SIDES = {"CENTRE": "magasinier", "DISTRICT": "district", "DEPOT": "depot"}


def tokens():
    """Return a token of each side, as the program finds them in its environment, and the code of the centre."""
    with unit_of_work(Access.system("test")):
        found = {}
        for name, login in SIDES.items():
            person = db.session.scalars(select(User).where(User.login == login)).one()
            held = {right for right, _path in access_of(person, permissions()).grants}
            found[name] = services.make(person, "requisition.py", held, None, today() + timedelta(days=1))
        centre = db.session.scalars(select(Facility).join(User).where(User.login == SIDES["CENTRE"])).one()
        return found, centre.code


@pytest.mark.slow
def test_the_program_of_the_document_carries_an_order_from_its_proposal_to_its_receipt(demonstration, tmp_path):
    (text,) = re.findall(r"```python\n# requisition.py\n(.*?)```", DOCUMENT.read_text("utf-8"), re.S)
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) <= 30
    (tmp_path / "requisition.py").write_text(text)
    said, place = tokens()
    with served(Path(demonstration.config["INSTANCE"])) as (_process, port):
        command = [sys.executable, str(tmp_path / "requisition.py"), f"http://127.0.0.1:{port}", place]
        done = subprocess.run(command, env=said, capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("confirmed", "")
    with acting(Access.system("test")):
        receipt = db.session.scalars(select(Receipt).order_by(Receipt.id.desc()).limit(1)).one()
        assert receipt.state == "confirmed" and all(line.accepted for line in receipt.lines)
