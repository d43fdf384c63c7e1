"""No GET changes anything: every address of every demo person is asked for, and the database compared."""

import hashlib
import re
import sqlite3

import pytest
from werkzeug.routing import Rule

from core.data.db import db
from core.users.demo import PASSWORD
from tests import make

PEOPLE = {  # how many rows of each address they ask for: the others meet the same pages with other rights
    "magasinier": 3, "district": 3, "depot": 3, "camebu": 3, "admin": 3, "hopital": 1, "province": 1, "ministere": 1,
    "auditeur": 1,
}  # fmt: skip
NOTES = ("core_audit", "core_login_attempt")  # who has read or taken away what: the trail of reading is itself a note
VISITS = {("core_session", "seen_at"), ("core_user", "last_seen_at")}
PAPER = re.compile(r"\.pdf$|/paper$")  # slow to draw, and drawn beside the application
WORDS = (
    "1",
    "fr",
    "elmis.product",
    "csv",
    "recall",
    "system",
    "elmis.order.cancel",
)  # for addresses that name something by a word


@pytest.fixture
def contents(demonstration):
    """Return a function that gives {table: digest}, without notes of the reading itself."""
    path = demonstration.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    tables = [table for table in db.metadata.tables.values() if not table.name.startswith(NOTES)]

    def version():
        return connection.execute("PRAGMA data_version").fetchone()[0]

    def digests():
        found = {}
        for table in tables:
            names = [f'"{one.name}"' for one in table.columns if (table.name, one.name) not in VISITS]
            rows = connection.execute(f"SELECT {', '.join(names)} FROM {table.name}")
            digest = hashlib.blake2b()
            for row in rows:
                digest.update(repr(row).encode())
            found[table.name] = digest.hexdigest()
        return found

    yield version, digests
    connection.close()


def addresses(app: object, most: int) -> list[tuple[Rule, dict]]:
    """Return every rule that answers GET with values to ask it with: so many rows each, one of a paper, every word of
    a choice."""
    asked = []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        values = [{}]
        for name, converter in rule._converters.items():
            rows = (1,) if PAPER.search(rule.rule) else tuple(range(1, most + 1))
            words = getattr(converter, "items", None) or (rows if converter.regex == r"\d+" else WORDS)
            values = [{**one, name: word} for one in values for word in words]
        asked += [(rule, one) for one in values]
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("login", PEOPLE)
def test_no_get_changes_anything(demonstration, contents, login):
    version, digests = contents
    client, ways = demonstration.test_client(), demonstration.url_map.bind("localhost")
    make.sign_in(client, login, PASSWORD)
    client.get("/")
    before, seen, changed, answered = digests(), version(), [], 0
    for rule, values in addresses(demonstration, PEOPLE[login]):
        address = ways.build(rule.endpoint, values, method="GET")
        answered += client.get(address, headers={"Referer": "https://elsewhere.example/"}).status_code == 200
        if version() != seen:
            seen, after = version(), digests()
            changed += [f"{address}: {name}" for name in after if after[name] != before[name]]
            before = after
    assert not changed, "\n".join(changed)
    assert answered > 60
