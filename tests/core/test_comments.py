"""Comments: who reads and writes them, mentions, changing and withdrawing, and what a text can never do."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.comments import mentions, services
from core.comments.models import Comment
from core.contract.entities import Entity
from core.contract.plugins import entities
from core.data.access import Access, acting
from core.data.db import db, utcnow
from core.data.errors import Conflict, Doubt, Missing, NotAllowed, Refused
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility
from core.jobs import services as jobs
from core.notices import drawing
from core.notices import services as notices
from core.users.accounts.models import User
from core.web.texts import prose
from tests import make
from tests.pages import answers

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(world):
    """Store people who keep a centre, one of another province, and readers."""
    with unit_of_work(Access.system("test")):
        for login, place, role, name in (
            ("keeper", "P1A-CDS1", "administrator", "Jean Bizimana"), ("chief", "P1A", "administrator", "Éloïse N’Dayi"),
            ("twin", "P1B-CDS1", "administrator", "Jean Bizimana"), ("far", "P2A", "administrator", "Aline Kaneza"),
            ("reader", "P1", "auditor", "Anne-Marie Nshimirimana"),
        ):  # fmt: skip
            world.users[login] = make.user(login, world[place], role, name=name).id
    return world


@pytest.fixture
def account(app, people, monkeypatch):
    """Return the id of an account that people talk about: seen by those of its province alone."""
    registry = app.extensions["amagara.entities"]
    known = registry["core.user"]
    monkeypatch.setitem(
        registry._by_name, "core.user", Entity(**{**vars(known), "comments": True, "verbs": known.verbs})
    )
    return people.users["keeper"]


def place(code="P1A-CDS1"):
    return db.session.scalars(select(Facility).where(Facility.code == code)).one()


def said(world, login, text, obj=None, answers=None, confirmed=()):
    """Return the id of a comment that a person wrote, and what he was told."""
    from core.data import work

    heard = []

    def operation():
        row = services.write(place() if obj is None else db.session.get(*obj), text, answers)
        heard.extend(work.told())
        return row.id

    with acting(world.access(login)):
        return perform(operation, confirmed=confirmed), heard


def titles(world, login):
    """Return the kinds of the notices of a person, the latest first."""
    jobs.tell_all()
    with acting(world.access(login)):
        return [row.kind.rpartition(".")[2] for row in notices.mine()[0]]


def browser(app, login):
    client = app.test_client()
    make.sign_in(client, login)
    return client


def test_who_works_there_writes_everybody_who_reads_the_page_reads_and_a_reader_only_reads(app, people):
    keeper, reader, far = (browser(app, login) for login in ("keeper", "reader", "far"))
    here = f"/comments/core.facility/{place().id}"
    assert 'name="text"' in keeper.get(f"/facilities/{place().id}").text
    answer = keeper.post(here, data={"text": "Le toit fuit\nencore"})
    assert answer.status_code == 302 and re.search(rf"/facilities/{place().id}#comment-\d+$", answer.location)
    for other in (reader, far):  # facilities are read by everybody
        page = other.get(f"/facilities/{place().id}").text
        assert "Le toit fuit\nencore" in page and 'name="text"' not in page
        assert other.post(here, data={"text": "moi aussi"}).status_code == 403
    assert db.session.scalar(select(func.count(Comment.id))) == 1


def test_comments_are_seen_as_their_object_by_every_way(app, people, account):
    number, _told = said(people, "keeper", "entre nous", (User, account))
    assert browser(app, "keeper").get(f"/comments/{number}").status_code == 302
    far = browser(app, "far")
    for address in (
        f"/comments/core.user/{account}",
        f"/comments/{number}",
        f"/comments/{number}/edit",
        f"/comments/{number}/withdraw",
    ):
        assert far.get(address).status_code == 404, address
    assert far.post(f"/comments/core.user/{account}", data={"text": "x"}).status_code == 404
    assert far.post(f"/do/core.comment.withdraw/{number}", data={"reason": "x"}).status_code == 404
    with acting(people.access("far")):
        assert db.session.scalars(select(Comment)).all() == []
        with pytest.raises(Missing):
            services.about(_sudo(number))


def _sudo(number):
    with acting(Access.system("test")):
        return db.session.get(Comment, number)


def test_an_entity_without_comments_has_none(app, people):
    assert browser(app, "admin").get(f"/comments/core.user/{people.users['keeper']}").status_code == 404
    with acting(people.access("admin")), pytest.raises(TypeError):
        perform(lambda: services.write(people.user("keeper"), "x"))


def test_nobody_writes_in_anothers_name_or_takes_a_comment_elsewhere(app, people):
    number, _told = said(people, "keeper", "le mien")
    for change in ({"author_id": people.users["chief"]}, {"text": "autre"}, {"object_id": place("P1A-CDS2").id}):
        with pytest.raises(NotAllowed), unit_of_work(people.access("chief")):
            for name, value in change.items():
                setattr(db.session.get(Comment, number), name, value)
            db.session.flush()
    with pytest.raises(NotAllowed), unit_of_work(people.access("keeper")):
        db.session.add(
            Comment(entity="core.facility", object_id=place().id, text="x", author_id=people.users["chief"], author="y")
        )
        db.session.flush()


def test_one_changes_his_own_for_a_quarter_of_an_hour_and_the_trail_keeps_the_former(app, people):
    number, _told = said(people, "keeper", "premier jet")
    keeper, chief = browser(app, "keeper"), browser(app, "chief")
    assert f"/comments/{number}/edit" in keeper.get(f"/facilities/{place().id}").text
    assert keeper.post(f"/comments/{number}/edit", data={"text": "au propre"}).status_code == 302
    assert chief.post(f"/comments/{number}/edit", data={"text": "le mien"}).status_code == 403
    row = db.session.get(Comment, number)
    assert row.text == "au propre" and row.edited_at is not None
    bodies = " ".join(db.session.scalars(select(AuditEntry.body).where(AuditEntry.entity == "core.comment")))
    assert "premier jet" in bodies
    with unit_of_work(Access.system("test")):
        db.session.get(Comment, number).at = utcnow() - timedelta(minutes=16)
    assert f"/comments/{number}/edit" not in keeper.get(f"/facilities/{place().id}").text
    with acting(people.access("keeper")), pytest.raises(Conflict):
        perform(lambda: services.edit(db.session.get(Comment, number), "trop tard"))


def test_what_is_withdrawn_leaves_that_it_was_said_by_whom_and_why_and_no_text(app, people):
    number, _told = said(people, "keeper", "Mme Untel a le palu")
    reply, _told = said(people, "chief", "retirez cela", answers=number)
    keeper, chief = browser(app, "keeper"), browser(app, "chief")
    assert keeper.post(f"/comments/{reply}/withdraw", data={"reason": "x"}).status_code == 302  # looks after the place
    assert keeper.post(f"/comments/{number}/withdraw", data={"reason": ""}).status_code == 422
    assert keeper.post(f"/comments/{number}/withdraw", data={"reason": "nom de patient"}).status_code == 302
    page = chief.get(f"/facilities/{place().id}").text
    assert "Untel" not in page and "nom de patient" in page and "Retiré par Jean Bizimana" in page
    assert keeper.post(f"/comments/{number}/withdraw", data={"reason": "encore"}).status_code in (302, 409, 422)
    assert keeper.post(f"/comments/{number}/edit", data={"text": "le revoilà"}).status_code != 302
    assert db.session.get(Comment, number).text == ""


def test_who_only_writes_elsewhere_withdraws_nothing(app, people):
    number, _told = said(people, "keeper", "ici")
    assert browser(app, "far").post(f"/comments/{number}/withdraw", data={"reason": "x"}).status_code == 403
    assert browser(app, "reader").post(f"/comments/{number}/withdraw", data={"reason": "x"}).status_code == 403


def test_an_answer_stands_after_what_it_answers_and_one_to_elsewhere_is_none(app, people):
    first, _told = said(people, "keeper", "un")
    second, _told = said(people, "chief", "deux")
    third, _told = said(people, "chief", "à un", answers=first)
    fourth, _told = said(people, "keeper", "à la réponse", answers=third)
    with acting(people.access("keeper")):
        assert [row.id for row in services.of(place())] == [first, third, fourth, second]
    with pytest.raises(Missing):
        said(people, "chief", "ailleurs", (Facility, place("P1A-CDS2").id), answers=first)
    page = browser(app, "chief").get(f"/comments/core.facility/{place().id}?answers={first}").text
    assert f'name="answers" type="hidden" value="{first}"' in page and "Réponse à Jean Bizimana" in page
    assert browser(app, "chief").get(f"/comments/core.facility/{place().id}?answers=x").status_code == 200


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("@Éloïse N’Dayi regardez", "@Éloïse N’Dayi regardez"), ("@eloise n'dayi, vite", "@Éloïse N’Dayi, vite"),
        ("(@ÉLOÏSE N’DAYI)", "(@Éloïse N’Dayi)"), ("voir @Éloïse.", "voir @Éloïse N’Dayi."),
    ],
)  # fmt: skip
def test_a_name_is_found_in_any_case_without_accents_or_by_a_part_that_one_person_bears(people, text, stored):
    number, heard = said(people, "keeper", text)
    row = db.session.get(Comment, number)
    assert row.text == stored and heard == []
    assert json.loads(row.mentioned) == {str(people.users["chief"]): "Éloïse N’Dayi"}
    assert titles(people, "chief") == ["mentioned"]


@pytest.mark.parametrize("text", ["écrire à a@b.org", "x@Éloïse", "@ Éloïse", "@", "12@34", "http://x.org/@Éloïse"])
def test_what_is_no_mention_mentions_nobody(people, text):
    number, heard = said(people, "keeper", text)
    assert db.session.get(Comment, number).mentioned == "{}" and heard == []


def test_a_name_that_nobody_bears_is_told_to_the_writer(people):
    number, heard = said(people, "keeper", "@Zébulon est-il là ?")
    assert db.session.get(Comment, number).text == "@Zébulon est-il là ?"
    assert len(heard) == 1 and "@Zébulon" in heard[0]


def test_of_two_people_of_one_name_the_form_asks_which_without_any_script(app, people):
    chief, here = browser(app, "chief"), f"/comments/core.facility/{place().id}"
    page = chief.post(here, data={"_key": "k", "text": "@Jean Bizimana, et le stock ?"})
    assert page.status_code == 422 and page.text.count("Jean Bizimana") >= 2
    assert "P1A-CDS1" in page.text and "P1B-CDS1" in page.text
    assert db.session.scalar(select(func.count(Comment.id))) == 0
    meant = answers(page.text, str(people.users["twin"]))
    assert len(meant) == 1
    assert chief.post(here, data={"_key": "k", "text": "@Jean Bizimana, et le stock ?", **meant}).status_code == 302
    row = db.session.scalars(select(Comment)).one()
    assert list(json.loads(row.mentioned)) == [str(people.users["twin"])]
    assert "mentioned" in titles(people, "twin") and "mentioned" not in titles(people, "keeper")


def test_a_part_of_a_name_is_asked_and_may_be_nobody(app, people):
    chief, here = browser(app, "chief"), f"/comments/core.facility/{place().id}"
    page = chief.post(here, data={"_key": "k", "text": "@Kane est un nom"})
    assert page.status_code == 422 and "Aline Kaneza" in page.text
    nobody = answers(page.text, mentions.NOBODY)
    assert chief.post(here, data={"_key": "k", "text": "@Kane est un nom", **nobody}).status_code == 302
    assert db.session.scalars(select(Comment)).one().text == "@Kane est un nom"


def test_nobody_is_mentioned_by_a_number_that_was_not_offered(app, people):
    """A closed account is no choice, whatever a form sends."""
    with unit_of_work(Access.system("test")):
        hidden = make.user("hidden", place("P2"), name="Jean Bizimana")
        hidden.active, hidden_id = False, hidden.id
    with pytest.raises(Doubt) as found:
        said(people, "chief", "@Jean Bizimana ?")
    token = found.value.questions[0].token
    assert str(hidden_id) not in dict(found.value.questions[0].choices)
    for forged in (hidden_id, people.users["admin"], "x", "-1"):
        with pytest.raises(Doubt):
            said(people, "chief", "@Jean Bizimana ?", confirmed=(f"{token}:{forged}",))
    jobs.tell_all()
    assert db.session.scalar(select(func.count(Comment.id))) == 0


def test_who_may_not_read_the_object_is_not_told_and_the_writer_hears_it(app, people, account):
    number, heard = said(people, "keeper", "@Aline Kaneza, voyez", (User, account))
    assert db.session.get(Comment, number).mentioned == "{}"
    assert len(heard) == 1 and "Aline Kaneza" in heard[0]
    assert titles(people, "far") == []


def test_too_many_of_a_name_and_too_many_mentions_are_refused_at_the_text(people):
    with unit_of_work(Access.system("test")):
        for number in range(9):
            make.user(f"paul{number}", place("P1"), name=f"Paul Ndayi{number}")
    with pytest.raises(Refused, match="9"):
        said(people, "keeper", "@Paul")
    with pytest.raises(Refused, match="20"):
        said(people, "keeper", "@Aline Kaneza " * 21)


def test_a_comment_is_told_to_who_spoke_and_whom_the_entity_names_but_not_to_its_writer(people):
    said(people, "keeper", "un")
    assert titles(people, "keeper") == []
    assert titles(people, "chief") == []  # nearest to the place: the keeper himself
    said(people, "chief", "deux")
    assert titles(people, "keeper") == ["written"]
    said(people, "keeper", "@Éloïse trois")
    assert titles(people, "chief") == ["mentioned"]  # once, though he spoke too
    assert titles(people, "far") == titles(people, "reader") == []


def test_a_mention_that_is_added_by_a_change_is_told_once(people):
    number, _told = said(people, "keeper", "sans nom")
    for text in ("@Éloïse voyez", "@Éloïse voyez bien"):
        with acting(people.access("keeper")):
            perform(lambda text=text: services.edit(db.session.get(Comment, number), text) and None)
    assert titles(people, "chief") == ["mentioned"]


def test_a_notice_says_the_kind_of_object_and_its_number_and_leads_to_the_comment(app, people):
    number, _told = said(people, "keeper", "<b>@Éloïse</b> secret")
    jobs.tell_all()
    with acting(people.access("chief")):
        (one,) = drawing.drawn(notices.mine()[0])
        assert str(one.title) == "Structure P1A-CDS1 : vous êtes mentionné".replace(" :", "\u00a0:")
        assert "secret" not in f"{one.title}{one.line}"
    chief = browser(app, "chief")
    way = chief.get(f"/notices/{one.id}").location
    assert way == f"/comments/{number}" and chief.get(way).location.endswith(
        f"/facilities/{place().id}#comment-{number}"
    )


def test_the_same_form_twice_says_it_once(app, people):
    chief, here = browser(app, "chief"), f"/comments/core.facility/{place().id}"
    for _time in range(3):
        assert chief.post(here, data={"_key": "same", "text": "une fois"}).status_code == 302
    assert db.session.scalar(select(func.count(Comment.id))) == 1


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "[x](javascript:alert(1))",
    'http://x.org/"onmouseover="alert(1)', "http://x.org/<script>", "{{ 7 * 7 }}", "&lt;b&gt;", "\u202egnp.exe",
    "@<b>Éloïse</b>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_text(app, people, text):
    said(people, "keeper", text)
    page = browser(app, "chief").get(f"/facilities/{place().id}").text
    shown = re.search(r'<p class="comment-text">(.*?)</p>', page, re.S)[1]
    assert not re.search(r"<(?!/?a\b|/?b class=\"mention\")", shown)
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', shown)) and "49" not in shown
    assert all(link.startswith("http") for link in re.findall(r'href="([^"]*)"', shown))
    assert "\u202e" not in shown


def test_an_address_becomes_a_link_that_gives_nothing_away(app):
    html = str(prose("voir https://oms.int/a?b=1&c=2, puis (http://x.org/y).", ()))
    assert html == (
        'voir <a href="https://oms.int/a?b=1&amp;c=2" rel="nofollow noopener noreferrer ugc">https://oms.int/a?b=1&amp;c=2</a>'
        ', puis (<a href="http://x.org/y" rel="nofollow noopener noreferrer ugc">http://x.org/y</a>).'
    )
    assert str(prose("@Aline Kaneza et @Aline", ["Aline Kaneza"])) == '<b class="mention">@Aline Kaneza</b> et @Aline'
    assert str(prose("@<x>", ["<x>"])) == '<b class="mention">@&lt;x&gt;</b>'


def test_blank_and_long_texts_are_refused_at_the_field_and_nothing_typed_is_lost(app, people):
    chief, here = browser(app, "chief"), f"/comments/core.facility/{place().id}"
    assert chief.post(here, data={"_key": "k", "text": "  "}).status_code == 422
    answer = chief.post(here, data={"_key": "k", "text": "x" * 2001})
    assert answer.status_code == 422 and "x" * 2001 in answer.text


def test_a_program_writes_by_the_same_address(app, people):
    answer = browser(app, "chief").post(
        f"/comments/core.facility/{place().id}", json={"text": "par programme"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200 and answer.json["url"].endswith(
        f"#comment-{db.session.scalar(select(Comment.id))}"
    )


def test_names_are_offered_to_whoever_is_signed_in_and_tell_no_more_than_the_directory(app, people):
    found = browser(app, "reader").get("/comments/people?q=bizi").json
    assert found == [{"name": "Jean Bizimana", "place": "P1A-CDS1"}, {"name": "Jean Bizimana", "place": "P1B-CDS1"}]
    assert browser(app, "reader").get("/comments/people?q=b").json == []
    assert app.test_client().get("/comments/people?q=bizi").status_code == 302


def test_an_entity_with_comments_needs_a_page(app):
    from core.contract import checks

    registry = app.extensions["amagara.entities"]
    registry._by_name["x.y"] = Entity("x.y", User, "x", "xs", None, comments=True)
    try:
        with pytest.raises(checks.DoesNotFit, match=r"x\.y has comments and no page"):
            checks.what_belongs_can_be_kept(app)
    finally:
        del registry._by_name["x.y"]
    assert entities()["core.facility"].comments
