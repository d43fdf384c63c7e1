"""Plugins from outside are built, installed and used: that of docs/plugins.md, and the one that `plugin new` writes."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from scripts import names
from tests import servers
from tests.core.tutorial import plumbing

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "plugins.md"
STEP = re.compile(r"^## Step \d.*?(?=^## )", re.S | re.M)
BLOCK = re.compile(r"^```(\w+)\n# (\S+)\n(.*?)^```", re.S | re.M)
STEPS = ["first", "second", "third", "fourth", "fifth"]
AMAGARA = [sys.executable, "-m", "core.cli"]

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


def written(folder: Path, step: str) -> None:
    """Write the files of a step: a block is a file, or the lines that are taken from one and come into it."""
    for kind, name, text in BLOCK.findall(step):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind != "diff":
            path.write_text(text, "utf-8")
            continue
        whole = path.read_text("utf-8")
        for hunk in text.split("@@\n"):
            lines = [(line[:1], line[1:]) for line in hunk.splitlines(keepends=True)]
            before = "".join(rest or "\n" for sign, rest in lines if sign != "+")
            after = "".join(rest or "\n" for sign, rest in lines if sign != "-")
            assert whole.count(before) == 1, f"{name} does not hold this once:\n{before}"
            whole = whole.replace(before, after)
        path.write_text(whole, "utf-8")


def steps() -> list[str]:
    return STEP.findall(DOCUMENT.read_text("utf-8"))


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Return the folder of the tutorial's plugin as it stands after all steps."""
    folder = tmp_path_factory.mktemp("equipment")
    for step in steps():
        written(folder, step)
    return folder


def test_the_tutorial_says_what_the_contract_promises(whole):
    """A newcomer is shown no name that may change without a word."""
    promised = set(names.listed(names.PAGE.read_text("utf-8").partition(names.WITHIN.strip().splitlines()[0])[0]))
    used = {pair for path in whole.rglob("*.py") for pair in names.named_in(path.read_text("utf-8"))}
    assert used and used <= promised, used - promised


def test_little_of_the_tutorial_s_plugin_is_plumbing(whole):
    code, wires = plumbing.lines(whole / "equipment")
    assert len(code) > 180 and "models.py:     facility: Mapped[Facility] = relationship()" in wires
    assert len(wires) / len(code) < 0.15, f"{len(wires)} of {len(code)}:\n" + "\n".join(wires)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_the_tutorial_works_step_by_step(kind, tmp_path):
    assert len(steps()) == len(STEPS)
    with servers.database() if kind == "postgresql" else nullcontext() as server:
        site, folder = tmp_path / "site", tmp_path / "amagara-equipment"
        for number, (step, name) in enumerate(zip(steps(), STEPS, strict=True)):
            written(folder, step)
            if number == 0:
                install(folder, site)
            shutil.copytree(folder / "equipment", site / "equipment", dirs_exist_ok=True)
            if any((folder / "equipment").glob("translations/*/*/*.po")):
                _run(
                    [
                        str(Path(sys.executable).with_name("pybabel")),
                        "compile",
                        "-d",
                        str(site / "equipment" / "translations"),
                    ],
                    {},
                )
            more = environment(tmp_path, site, "equipment") | ({"AMAGARA_DATABASE_URL": server} if server else {})
            if found := re.search(r'db revision equipment "(.*?)"', step):
                if number == 0:
                    _run([*AMAGARA, "db", "upgrade"], more)
                else:
                    assert "amagara db revision" in _fails([*AMAGARA, "db", "upgrade"], more), "too early"
                _run([*AMAGARA, "db", "revision", "equipment", found[1]], more)
                _run([*AMAGARA, "db", "upgrade"], more)
            assert _run([sys.executable, "-m", "tests.core.tutorial.used", name], more).strip().endswith("used")


def test_a_new_plugin_runs_as_it_is_written(tmp_path):
    own = {"AMAGARA_INSTANCE": str(tmp_path / "instance")}
    written_to = _run([*AMAGARA, "plugin", "new", "ledgers", "--in", str(tmp_path)], own)
    folder = tmp_path / "amagara-ledgers"
    assert str(folder) in written_to
    assert "amagara-ledgers" in _fails([*AMAGARA, "plugin", "new", "ledgers", "--in", str(tmp_path)], own)
    for taken in ("json", "elmis", "core"):
        assert taken in _fails([*AMAGARA, "plugin", "new", taken, "--in", str(tmp_path)], own)
    rules = ["--config", str(ROOT / "ruff.toml"), "--ignore", "I001"]  # there no package is known
    _run([sys.executable, "-m", "ruff", "check", *rules, str(folder)], {})
    install(folder, tmp_path / "site")
    more = environment(tmp_path, tmp_path / "site", "ledgers")
    for words in (["upgrade"], ["revision", "ledgers", "first tables"], ["upgrade"]):
        _run([*AMAGARA, "db", *words], more)
    assert _run([sys.executable, "-c", NEW], more).strip().endswith("used")
    broken = tmp_path / "site" / "ledgers" / "models.py"
    broken.write_text(re.sub(r"\n    __scope__ = .*", "", broken.read_text("utf-8")), "utf-8")
    assert "Record has no __scope__" in _fails([*AMAGARA, "db", "check"], more), "in words, without a traceback"


def install(folder: Path, site: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([*pip, "--target", str(site), str(folder)], {})


def environment(folder: Path, site: Path, name: str) -> dict[str, str]:
    """Return the environment in which a plugin is installed, and no other one on."""
    return {
        "PYTHONPATH": f"{site}{os.pathsep}{ROOT}",
        "AMAGARA_INSTANCE": str(folder / "instance"),
        "AMAGARA_PLUGINS": name,
    }


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = _done(command, environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


def _fails(command: list[str], environment: dict[str, str]) -> str:
    """Return what a command says that ends with a fault in words."""
    done = _done(command, environment)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr[-6000:]
    return done.stderr


def _done(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
