"""Lists: what the address asks is shown, whatever it holds; and no row that a person may not read."""

import io
from datetime import date

import openpyxl
import pytest
from flask import Flask, g
from markupsafe import escape
from sqlalchemy import event, select
from sqlalchemy.orm import aliased

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import Access, acting
from core.data.db import db
from core.data.search import folded, matches
from core.data.states import State
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.facilities.models import OPEN, Facility
from core.users.accounts.models import User
from core.web.tables import Column, Table
from tests import make
from tests.pages import Forms

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "<script>alert(1)</script>", 'O\'Hara "x"', "Élève œuf"]


Above = aliased(Facility)


def _close(user):
    user.active = False


class People(Table):
    """Users, to try."""

    model = User
    columns = [
        Column("name", _("Name"), User.name),
        Column("login", _("User name"), User.login),
        Column("active", _("May sign in"), User.active, kind="bool", facet=True),
        Column("language", _("Language"), facet={"fr": State("Français", "ok"), "en": State("English", "info")}),
        Column("created_at", _("Since"), kind="datetime", default=False),
        Column("place", _("Facility"), Facility.name, default=False),
        Column("above", _("Lies in"), Above.name, default=False),
        Column("size", _("Length"), value=lambda row: len(row.name), kind="number"),
    ]
    search = [User.name, User.login]
    default_sort = "name"
    views = [("all", _("All"), {}), ("english", "English", {"f.language": "en"})]

    def query(self):
        """Return the users with their places."""
        query = select(User).join(Facility, User.facility_id == Facility.id)
        return query.outerjoin(Above, Facility.parent_id == Above.id)

    bulk = [Verb("core.user.close", "Close", "core.user.edit", _close, User, warning="They keep their history.")]


@pytest.fixture
def people(app, world):
    """Return the ids of users with difficult names."""
    with unit_of_work():
        place = world["P1A"]
        made = [make.user(f"evil{n}", place, name=name) for n, name in enumerate(EVIL)]
        made += [make.user(f"plain{n}", place, name=f"Plain {n:03}") for n in range(60)]
        made[-1].language = "en"
        return [row.id for row in made]


def ask(app: Flask, world, address: str, who: str = "admin", method: str = "GET", **data):
    """Return the answer of the list to an address, as a person."""
    as_system()
    access = world.access(who)
    with app.test_request_context(address, method=method, data=data), acting(access):
        g.request_id, g.place, g.user = "r", world["BI"], world.user(who)
        g._login_user = g.user
        answer = app.make_response(People().respond(_("People")))
        answer.direct_passthrough = False
        answer.get_data()
    as_system()
    return answer


def as_system():
    """Let the test itself read everything: a request ends the session with its access."""
    db.session().info["access"] = Access.system("test")


@pytest.mark.both_databases
def test_words_are_found_whatever_their_case_and_accents(app, world, people):
    def names(text):
        return set(db.session.scalars(select(User.name).where(matches(text, User.name, User.login))))

    for text in ("eleve", "ÉLÈVE", "Eleve OEUF", "œuf élève", "EVIL8"):
        assert names(text) == {"Élève œuf"}, text
    assert names("o'hara") == names("O’HARA") == {'O\'Hara "x"'}
    assert names("%") == names("_") == set()
    assert folded("Çà Œ") == "ca oe"


@pytest.mark.both_databases
def test_the_address_narrows_orders_and_pages(app, world, people):
    text = ask(app, world, "/?q=plain&sort=-name&size=25&page=2").get_data(as_text=True)
    assert text.index("Plain 034") < text.index("Plain 011")
    assert "Plain 035" not in text
    assert ">60<" in text or "26–50" in text
    english = ask(app, world, "/?f.language=en").get_data(as_text=True)
    assert "Plain 059" in english
    assert "Plain 058" not in english
    assert "Plain 058" in ask(app, world, "/?f.language=en&f.language=fr&q=plain+058").get_data(as_text=True)
    assert "Plain" not in ask(app, world, "/?f.created_at.to=2001-01-01&cols=created_at").get_data(as_text=True)
    placed = ask(app, world, "/?cols=name,place,above&q=plain+001&format=csv").get_data(as_text=True)
    assert placed.splitlines()[1] == "Plain 001;P1A;P1"
    assert "P1A" in ask(app, world, "/?cols=name,place&q=plain+001").get_data(as_text=True)


IMPOSSIBLE = [
    "page=0", "page=-1", "page=9999999999999999999", "page=x", "size=7", "size=1e9", "sort=nothing", "sort=--name",
    "sort=size", "cols=nothing,,", "f.active=maybe", "f.language=xx", "f.language=%00", "f.active.from=1",
    "f.created_at.from=31/02/2026", "f.created_at.to=9999999-1-1", "q=%00%25%27%22", "q=" + "x" * 3000, "format=exe",
    "f.nothing=1", "q=%ff%fe", "f.active=-", "f.created_at.from=2100-12-31&f.created_at.to=1900-01-01",
]  # fmt: skip


@pytest.mark.both_databases
def test_what_an_address_cannot_mean_is_left_out(app, world, people):
    for asked in IMPOSSIBLE:
        assert ask(app, world, f"/?{asked}").status_code == 200, asked


def test_names_stay_text_and_facets_count(app, world, people):
    text = ask(app, world, "/?size=200").get_data(as_text=True)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert 'href="/?size=200&amp;f.language=en"' in text
    assert 'data-label="Length"' in text or 'data-label="' in text


def test_htmx_gets_the_list_and_what_carries_its_words_along(app, world, people):
    """The export kept the words of before: another list was written than the one that was shown."""
    access = world.access("admin")
    with app.test_request_context("/?q=plain", headers={"HX-Request": "true"}), acting(access):
        g.request_id, g.place, g.user = "r", world["BI"], world.user("admin")
        g._login_user = g.user
        answer = People().respond("People")
    assert "<html" not in answer.get_data(as_text=True)
    text = answer.get_data(as_text=True)
    assert 'id="list"' in text and 'href="/?q=plain&amp;format=csv"' in text.split('id="tools"')[1]
    assert "HX-Request" in answer.headers["Vary"]


def test_a_list_page_asks_few_statements(app, world, people):
    asked = []
    access = world.access("admin")
    with app.test_request_context("/"), acting(access):
        table = People()
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        table.ask()
        table._load()
        table.facets()
    assert len([each for each in asked if not each.startswith("BEGIN")]) == 2, asked


@pytest.mark.both_databases
def test_rows_counts_and_files_keep_to_the_rights(app, world, people):
    """A person without a right over others sees only himself: rows, total, facets and file."""
    for asked in ("/", "/?format=csv", "/?q=plain", "/?f.active=1"):
        text = ask(app, world, asked, who="nobody").get_data(as_text=True)
        assert "Plain" not in text, asked
        assert ">60<" not in text
    as_system()
    with app.test_request_context("/"), acting(world.access("nobody")):
        table = People()
        table.ask()
        table._load()
    assert (table.total, [dict(each) for each in table.counts]) == (1, [{True: 1}, {"fr": 1}])


@pytest.mark.both_databases
def test_facets_count_with_the_other_filters_and_not_their_own(app, world, people):
    with app.test_request_context("/?q=plain&f.language=en"), acting(world.access("admin")):
        table = People()
        table.ask()
        table._load()
    assert (table.total, [dict(each) for each in table.counts]) == (1, [{True: 1}, {"fr": 59, "en": 1}])


def test_a_file_holds_the_whole_list_and_no_formula(app, world, people):
    sheet = openpyxl.load_workbook(io.BytesIO(ask(app, world, "/?format=xlsx&sort=name").data)).active
    rows = list(sheet.iter_rows())
    assert len(rows) == 1 + len(people) + 3
    assert {cell.data_type for row in rows for cell in row[:1]} == {"s"}
    assert {row[0].value for row in rows} >= {name for name in EVIL if name != "\t=1"}
    assert {row[-1].data_type for row in rows[1:]} == {"n"}
    text = ask(app, world, "/?format=csv").data.decode("utf-8")
    assert text.startswith("\ufeff")
    assert ";" in text.splitlines()[0]
    for name in ("=1+1", "+1", "-1", "@SUM(A1)"):
        assert f"\n'{name};" in text.replace("\r", "")
        assert f"\n{name};" not in text.replace("\r", "")
    app.extensions["amagara.notes"].drain()
    db.session.rollback()
    noted = [row.body for row in db.session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))]
    assert len(noted) == 2
    assert '"count":72' in noted[0]


def test_days_and_figures_stay_what_they_are_in_a_file(app, world):
    class Places(Table):
        model = Facility
        columns = [
            Column("code", "Code"),
            Column("population", "Population", kind="number"),
            Column("opened_on", "Opened", kind="date"),
        ]
        default_sort = "code"

    with unit_of_work():
        world["P1A"].population, world["P1A"].opened_on = 12345, date(2020, 2, 1)
    access = world.access("admin")
    with app.test_request_context("/?format=xlsx&f.population.from=12 345"), acting(access):
        answer = Places().respond("Places")
        answer.direct_passthrough = False
        row = list(openpyxl.load_workbook(io.BytesIO(answer.get_data())).active.iter_rows(min_row=2))
    assert [cell.value for cell in row[0]][:2] == ["P1A", 12345]
    assert row[0][2].value.date() == date(2020, 2, 1)
    assert len(row) == 1


def test_a_bulk_verb_names_the_exact_number_and_needs_its_right(app, world, people):
    question = ask(app, world, "/?q=plain", method="POST", action="core.user.close", all="1").get_data(as_text=True)
    assert "60" in question
    chosen = ",".join(map(str, people[:2]))
    assert (
        ask(app, world, "/", method="POST", action="core.user.close", ids=chosen, confirmed="1", _key="k").status_code
        == 302
    )
    db.session.rollback()
    assert [
        row.active for row in db.session.scalars(select(User).where(User.id.in_(people[:3])).order_by(User.id))
    ] == [False, False, True]
    assert ask(app, world, "/", method="POST", action="core.user.close").status_code == 302
    with pytest.raises(Exception, match=r"right|droit"):
        ask(app, world, "/", who="nobody", method="POST", action="core.user.close", ids=chosen)


def test_the_search_page_groups_what_it_finds(app, world, client):
    make.sign_in(client, "admin")
    text = client.get("/search?q=p1a").text
    assert "P1A-DEPOT" in text
    assert client.get("/search?q=").status_code == client.get("/search?q=%00%25&in=x").status_code == 200
    assert OPEN == "open"


@pytest.mark.parametrize("login", ["admin", "auditor"])
def test_a_view_is_saved_under_a_name_found_on_its_list_alone_and_removed(client, world, login):
    make.sign_in(client, login)
    asked = "/facilities/?q=P1A&sort=-name"
    page = client.get(asked + "&page=2").text
    form = next(form for form in Forms(page).found if "address" in form.inputs)
    assert form.inputs["address"].value == asked
    data = form.data() | {"name": "Chez <nous>"}
    assert client.post(form.action, data=data).location == asked
    assert 'aria-current="true">Chez &lt;nous&gt;' in client.get(asked).text
    other = client.get("/facilities/").text
    assert (
        f'href="{escape(asked)}">Chez &lt;nous&gt;' in other and "Chez &lt;nous&gt;" not in client.get("/users/").text
    )
    neighbour = client.application.test_client()
    make.sign_in(neighbour, "nobody")
    assert "Chez" not in neighbour.get("/facilities/").text, "another person has views of his own"
    (remove,) = (form for form in Forms(other).found if "forget_view" in (form.action or ""))
    assert client.post(remove.action, data=remove.data()).location == "/facilities/"
    assert "Chez" not in client.get("/facilities/").text


@pytest.mark.parametrize(
    "address", ["https://elsewhere.org/", "//elsewhere.org/x", "/\\elsewhere.org", "facilities", ""]
)
def test_a_view_of_no_list_of_ours_is_refused(client, world, address):
    make.sign_in(client, "admin")
    answer = client.post("/do/core.user.save_view", data={"name": "x", "address": address})
    assert answer.status_code == 422
