"""The tutorial of docs/plugins.md: the plugin of its own code blocks is built, installed and used."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "plugins.md"
BLOCK = re.compile(r"^```\w+\n(?:#|\{#) (\S+?)(?: #\})?\n(.*?)^```", re.S | re.M)

USE = """
from core import create_app
from core.data.access import Access
from core.data.db import db
from tests import make

app = create_app({"TESTING": True, "WTF_CSRF_ENABLED": False})
with app.app_context():
    db.session().info["access"] = Access.system("test")
    world = make.world()
    with make.unit_of_work(Access.system("test")):
        make.user("door", world["P1A"], "doorkeeper")
        make.user("other", world["P2A"], "doorkeeper")
client, other = app.test_client(), app.test_client()
make.sign_in(client, "door")
make.sign_in(other, "other")
assert "/visitors/" in client.get("/").text
key = {"name": "Aline <Niyonkuru>", "_key": "k1"}
assert client.post("/visitors/new", data={"name": ""}).status_code == 422
assert client.post("/visitors/new", data=key).status_code == 302
assert client.post("/visitors/new", data=key).status_code == 302
sent = {"json": {"name": "Béatrice"}, "headers": {"Accept": "application/json", "Idempotency-Key": "k2"}}
done = client.post(f"/do/visitors.visit.welcome/{world.ids['P1A']}", **sent)
assert done.status_code == 200 and "Béatrice" in done.get_json()["message"], done.text
mine = client.get("/visitors/").text
assert mine.count("Aline &lt;Niyonkuru&gt;") >= 1 and "<Niyonkuru>" not in mine
assert "Aline" not in other.get("/visitors/").text, "another district's visits are not visible"
shown = client.get("/visitors/" + mine.split('scope="row"')[1].split("/visitors/")[1].split('"')[0]).text
assert "Béatrice" in shown and "P1A" in shown and "Door" in shown.split("timeline")[1], shown
assert other.get("/visitors/1").status_code == 404
table = client.get("/visitors/?format=csv").text
assert table.count("Aline") == 1, table
print("used")
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the tutorial's files."""
    for name, text in BLOCK.findall(DOCUMENT.read_text("utf-8")):
        path = tmp_path / "amagara-visitors" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_the_visitors_book_works_as_the_document_says(folder):
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([*install, "--target", str(site), str(folder / "amagara-visitors")], {})
    environment = {
        "PYTHONPATH": f"{site}{os.pathsep}{DOCUMENT.parents[1]}",
        "AMAGARA_INSTANCE": str(folder / "instance"),
        "AMAGARA_PLUGINS": "visitors",
    }
    amagara = [sys.executable, "-m", "core.cli"]
    _run([*amagara, "db", "upgrade"], environment)
    _run([*amagara, "db", "revision", "visitors", "first tables"], environment)
    _run([*amagara, "db", "upgrade"], environment)
    assert _run([sys.executable, "-c", USE], environment).strip().endswith("used")


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=os.environ | environment, cwd=DOCUMENT.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout
