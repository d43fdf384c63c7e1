"""A database of the last release, with the demonstration in it, is brought to this one and used, on both databases."""

import re
import subprocess
import sys
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from core.users.demo import PASSWORD
from tests import servers
from tests.conftest import build
from tests.demonstration import environment
from tests.statements import sql

ROOT = Path(__file__).resolve().parent.parent
RELEASED = re.search(r"^## [\d.]+ \([\d-]+, ([0-9a-f]+)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
COMMAND = "from core.cli import main; main()"
KEPT = {  # what no upgrade may change, and how many of it the demonstration has at least
    "SELECT count(*) FROM core_audit": 1_000,
    "SELECT count(*) FROM core_user": 20,
    "SELECT count(*) FROM elmis_requisition_line": 100,
    "SELECT sum(abs(quantity)) FROM elmis_balance": 100_000,
    "SELECT sum(quantity * id) FROM elmis_movement": 100_000,
}

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    """Return the folder of the last release's code, as its commit holds it."""
    folder = tmp_path_factory.mktemp("former")
    archive = subprocess.run(["git", "archive", RELEASED[1]], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(
        ["tar", "-x", "-C", str(folder)], input=archive, check=True
    )  # Python 3.11.2 has no safe way of its own
    told = run(folder, folder, None, "import core; print(core.__file__)")
    assert told.strip() == str(folder / "core" / "__init__.py"), "the code that is run is the former"
    return folder


def run(code, instance, url, program, *words):
    """Return what a program prints where Amagara is the code in a folder."""
    plugins = ",".join(sorted(path.parent.name for path in code.glob("plugins/*/plugin.py")))  # those that it had
    more = {"PYTHONPATH": str(code), "AMAGARA_PLUGINS": plugins} | ({"AMAGARA_DATABASE_URL": url} if url else {})
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=code, env=environment(instance, **more),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def command(code, instance, url, *words):
    """Return what a command of Amagara prints as the code in a folder has it."""
    return run(code, instance, url, COMMAND, *words)


def kept(url):
    """Return what no upgrade may change."""
    with closing(create_engine(url).connect()) as connection:
        return {text: int(connection.execute(sql(text)).scalar()) for text in KEPT}


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_database_of_the_last_release_is_brought_to_this_one(kind, former, tmp_path):
    with servers.database() if kind == "postgresql" else nullcontext() as server:
        for words in (["db", "upgrade"], ["seed", "reference"], ["seed", "demo"]):
            command(former, tmp_path, server, *words)
        url = server or f"sqlite:///{tmp_path}/amagara.db"
        before = kept(url)
        assert all(before[text] >= least for text, least in KEPT.items()), before

        command(ROOT, tmp_path, server, "db", "upgrade")
        assert kept(url) == before
        command(ROOT, tmp_path, server, "seed", "reference")
        assert "is that of this release" in command(ROOT, tmp_path, server, "db", "check")
        assert "whole: yes" in command(ROOT, tmp_path, server, "audit", "verify")

        app = build(url, tmp_path, AUDIT_KEY=(tmp_path / "audit.key").read_text())
        browser = app.test_client()
        browser.post("/sign-in", data={"login": "magasinier", "password": PASSWORD})
        for path in ("/", "/inbox", "/elmis/stock/", "/elmis/requisitions/"):
            answer = browser.get(path, follow_redirects=True)
            assert answer.status_code == 200 and b"/sign-out" in answer.data, path
