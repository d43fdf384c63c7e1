"""Plugins from outside are built, installed and used: that of docs/plugins.md, and the one that `plugin new` writes."""

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


NEW = """
from core import create_app
from core.data.access import Access
from core.data.db import db
from tests import make

app = create_app({"TESTING": True, "WTF_CSRF_ENABLED": False})
with app.app_context():
    db.session().info["access"] = Access.system("test")
    world = make.world()
    with make.unit_of_work(Access.system("test")):
        make.user("keeper", world["P1A"], "ledgers_keeper")
        make.user("other", world["P2A"], "ledgers_keeper")
client, other = app.test_client(), app.test_client()
make.sign_in(client, "keeper")
make.sign_in(other, "other")
listed = client.get("/ledgers/").text
new = f"/do/ledgers.record.add/{world.ids['P1A']}"
assert f'href="{new}"' in listed
assert 'name="name"' in client.get(new).text
assert client.post(new, data={"name": "", "on": "01/11/2026"}).status_code == 422
made = client.post(new, data={"name": "Premier", "on": "01/11/2026"})
assert made.location == "/ledgers/1", made.location
shown = client.get("/ledgers/1").text
assert "Premier" in shown and "01/11/2026" in shown and "/do/ledgers.record.change/1" in shown
assert "files" in shown, "documents and photos"
assert client.post("/do/ledgers.record.change/1", data={"name": "Second", "on": "02/11/2026"}).location == "/ledgers/1"
assert "Second" in client.get("/ledgers/").text and "Second" not in other.get("/ledgers/").text
assert other.get("/ledgers/1").status_code == other.post("/do/ledgers.record.change/1").status_code == 404
print("used")
"""


def test_the_visitors_book_works_as_the_document_says(folder):
    assert _used(folder, "visitors", USE).strip().endswith("used")


def test_a_new_plugin_runs_as_it_is_written(tmp_path):
    amagara = [sys.executable, "-m", "core.cli"]
    own = {"AMAGARA_INSTANCE": str(tmp_path / "instance")}
    written = _run([*amagara, "plugin", "new", "ledgers", "--in", str(tmp_path)], own)
    assert str(tmp_path / "amagara-ledgers") in written
    again = subprocess.run([*amagara, "plugin", "new", "ledgers", "--in", str(tmp_path)], env=os.environ | own,
                           cwd=DOCUMENT.parents[1], capture_output=True, text=True, check=False)  # fmt: skip
    assert again.returncode == 1 and "Traceback" not in again.stderr
    rules = ["--config", str(DOCUMENT.parents[1] / "ruff.toml"), "--ignore", "I001"]  # there no package is known
    _run([sys.executable, "-m", "ruff", "check", *rules, str(tmp_path / "amagara-ledgers")], {})
    assert _used(tmp_path, "ledgers", NEW).strip().endswith("used")


def _used(folder: Path, name: str, program: str) -> str:
    """Return what a program prints where a plugin was installed and its tables made."""
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([*install, "--target", str(site), str(folder / f"amagara-{name}")], {})
    environment = {
        "PYTHONPATH": f"{site}{os.pathsep}{DOCUMENT.parents[1]}",
        "AMAGARA_INSTANCE": str(folder / "instance"),
        "AMAGARA_PLUGINS": name,
    }
    amagara = [sys.executable, "-m", "core.cli"]
    _run([*amagara, "db", "upgrade"], environment)
    _run([*amagara, "db", "revision", name, "first tables"], environment)
    _run([*amagara, "db", "upgrade"], environment)
    return _run([sys.executable, "-c", program], environment)


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=os.environ | environment, cwd=DOCUMENT.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout
