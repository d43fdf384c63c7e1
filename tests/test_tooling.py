"""The tools around the code: lock files, settings, catalogues, throw-away servers."""

import configparser
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from importlib import metadata
from pathlib import Path

import pytest
from babel.messages import Catalog
from packaging.requirements import Requirement

from core.users.data.people import PEOPLE
from scripts import messages, mutants
from tests import servers
from tests.pages import follow, links, pieces

ROOT = Path(__file__).resolve().parent.parent


def names(text):
    """Return the normalised package names at the start of the lines."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^[A-Za-z0-9][\w.-]*", text, re.M)}


def catalogue(*entries):
    made = Catalog(locale="fr", fuzzy=False)
    for ids, string in entries:
        made.add(ids, string)
    return made


@pytest.mark.parametrize("lock, extras", [("requirements.lock", ["production"]),
                                          ("requirements-dev.lock", ["production", "test", "lint"]),
                                          ("requirements-node.lock", ["frontend"])])  # fmt: skip
def test_every_dependency_is_locked_with_hashes(lock, extras):
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = set() if lock.endswith("node.lock") else names(setup["options"]["install_requires"].strip())
    for extra in extras:
        wanted |= names(setup["options.extras_require"][extra].strip())
    text = (ROOT / lock).read_text()
    assert wanted - names(text) == set(), "run `make lock`"
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\w)", text.split("make lock\n")[1]))


def test_a_lock_is_whole_and_installed_as_it_is():
    """pip of Python 3.11 looked for newer versions than the lock's, and found them not pinned."""
    installs = [
        line for line in (ROOT / "Makefile").read_text().splitlines() if " install " in line and ".lock" in line
    ]
    assert len(installs) > 1 and all("--no-deps --require-hashes" in line for line in installs)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        locked = names((ROOT / lock).read_text())
        for found in metadata.distributions():
            if names(found.name) <= locked:
                needs = [Requirement(one) for one in found.requires or ()]
                used = [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
                assert names("\n".join(used)) <= locked, (lock, found.name)


def test_the_quick_tests_need_no_redis():
    """Whoever asks for the server is marked, and the marks are left out."""
    (command,) = re.findall(r"^test-unit:.*\n.* -m \"([^\"]+)\"", (ROOT / "Makefile").read_text(), re.M)
    assert {"not redis", "not postgres", "not browser", "not slow"} <= set(command.split(" and "))
    others = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__).resolve()]
    asking = [text for text in others if "redis_url" in text]
    assert asking and all("pytest.mark.redis" in text for text in asking)


def test_every_setting_is_documented():
    sources = [path.read_text() for part in ("core", "plugins") for path in (ROOT / part).rglob("*.py")]
    used = {name for text in sources for name in re.findall(r"[\"'](AMAGARA_[A-Z_]+)[\"']", text)}
    documented = set(re.findall(r"^\| `(AMAGARA_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.M))
    assert used == documented


def test_the_readme_names_the_demonstration_accounts():
    shown = [person.login for person in PEOPLE if person.shown]
    assert sorted(re.findall(r"^\| `([a-z.0-9]+)` \|", (ROOT / "README.md").read_text(), re.M)) == sorted(shown)


def test_every_message_has_its_french():
    lacking = {
        name: list(messages.gaps(messages.merge(messages.read(folder), messages.extract(folder))))
        for name, folder in messages.parts().items()
    }
    assert {name: some[:10] for name, some in lacking.items() if some} == {}, "see scripts/messages.py missing"


def test_a_message_that_goes_and_comes_back_keeps_its_french():
    kept = catalogue(("Name", "Nom"), (("%(num)s order", "%(num)s orders"), ("%(num)s commande", "%(num)s commandes")))
    without = messages.merge(kept, catalogue(("Other", "")))
    assert [message.id for message in without if message.id] == ["Other"]
    again = messages.merge(without, catalogue(("Name", ""), (("%(num)s order", "%(num)s orders"), None)))
    assert again["Name"].string == "Nom"
    assert again["%(num)s order"].string == ("%(num)s commande", "%(num)s commandes")


def test_french_must_use_the_placeholders_of_its_message():
    made = catalogue(("Hello %(who)s", ""), (("%(num)s day", "%(num)s days"), None))
    assert messages.fitting(made["Hello %(who)s"], "Bonjour %(who)s") == "Bonjour %(who)s"
    assert messages.fitting(made["%(num)s day"], ["un jour", "%(num)s jours"]) == ("un jour", "%(num)s jours")
    assert messages.typeset("« Qui va là ? » dit l'oie") == "«\u00a0Qui va là\u00a0?\u00a0» dit l’oie"
    for message, french in [("Hello %(who)s", "Bonjour"), ("Hello %(who)s", "Bonjour %(qui)s"),
                            ("Hello %(who)s", ["a", "b"]), ("%(num)s day", "%(num)s jours")]:  # fmt: skip
        with pytest.raises(ValueError, match=r"placeholders|plural"):
            messages.fitting(made[message], french)


def test_what_is_changed_by_mutants_and_its_tests_exist():
    assert all(list(ROOT.glob(pattern)) for pattern in mutants.TESTS)
    assert all((ROOT / f"tests/{name}.py").is_file() for tests in mutants.TESTS.values() for name in tests.split())
    assert set(mutants.chosen("formulas/pa")) == {"plugins/elmis/formulas/packs.py"}


def test_mutants_are_the_same_again_and_leave_types_and_columns_alone():
    source = """\
class Row:
    __table_args__ = (Index("a", unique=True),)
    id: Mapped[int] = column(primary_key=True, length=1)


def least(one: int | None, other: int | None = None) -> int | None:
    return one if one < other and one > 0 else other
"""
    all_of_them = mutants.changes(source, 99, "seed")
    assert {words.split(":")[0] for words, _ in all_of_them} == {"7"}
    assert all(len(set(changed.splitlines()) - set(source.splitlines())) == 1 for _, changed in all_of_them)
    assert mutants.changes(source, 2, "seed") == mutants.changes(source, 2, "seed")
    assert len(mutants.changes(source, 2, "seed")) == 2 < len(all_of_them)


@pytest.mark.postgres
def test_a_database_is_new_and_dropped():
    import psycopg

    with servers.database() as url, psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("show timezone").fetchone() == ("UTC",)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url.replace("+psycopg", ""))


@pytest.mark.slow  # it needs Redis, which the quick tests do without
def test_a_killed_run_leaves_no_server_behind():
    code = "from tests import servers\nwith servers.redis() as url: print(servers._folder(), flush=True); input()"
    environment = {name: value for name, value in os.environ.items() if name != servers.FOLDER}
    run = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, text=True,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    folder = Path(run.stdout.readline().strip())
    pid = int((folder / "redis/pid").read_text())
    assert servers._alive(pid)
    run.send_signal(signal.SIGKILL)
    run.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (folder.exists() or servers._alive(pid)):
        time.sleep(0.05)
    assert not folder.exists()
    assert not servers._alive(pid)


SITE = {
    "/": ["/rows/1", "/rows/2", "/rows/3", "/rows/4", "/paper.pdf", "/away"],
    "/rows/1": ["/rows/1", "/documents/INV-7", "/"], "/rows/2": ["/documents/INV-8"], "/away": [],
}  # fmt: skip


def test_pages_are_followed_link_by_link_a_few_of_each_kind():
    def look(address):
        return address.upper(), SITE.get(address, [])

    one = [(address, at) for address, _there, at in follow(look)]
    assert one == [("/", ""), ("/rows/1", "/"), ("/away", "/"), ("/documents/INV-7", "/rows/1")]
    two = [there for _address, there, _at in follow(look, most=lambda address: 2)]
    assert two == ["/", "/ROWS/1", "/ROWS/2", "/AWAY", "/DOCUMENTS/INV-7", "/DOCUMENTS/INV-8"]
    met, found = Counter(), []
    for address, _there, _at in follow(look, met=met):
        found.append(address)
        met["/rows/N"] -= address in ("/rows/1", "/rows/2")  # whoever finds something new there goes on
    assert [address for address in found if "rows" in address] == ["/rows/1", "/rows/2", "/rows/3"]


def test_what_a_page_links_to_and_what_it_fetches():
    page = '<a href="/a?x=1&amp;y=2#z">A</a><a href="http://x/">B</a><tr hx-get="/piece/1"></tr>'
    assert (links(page), pieces(page)) == (["/a?x=1&y=2"], ["/piece/1"])
