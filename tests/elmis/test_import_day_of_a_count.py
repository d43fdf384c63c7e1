"""A list with lines of the day of a count: asked as a paper of that day is, and the answer decides the figure."""

import re
from datetime import timedelta

import pytest
import time_machine

from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.errors import Doubt, Refused
from core.data.work import perform, unit_of_work
from core.imports import services
from core.imports.models import REFUSED, ImportRun
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.verify import verify_ledger
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.test_counts import Shop
from tests.pages import Forms, answers

pytestmark = pytest.mark.both_databases
MOVEMENTS, CENTRE = "elmis.movement", flow.CENTRE


@pytest.fixture
def shop(app, world, client):
    """100 of lot A lie in the centre."""
    return Shop(world, client)


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a list of movements of lot A, all of today."""

    def write(*lines):
        path = tmp_path / "list.csv"
        rows = [f"{id},{CENTRE},AMOX,A,{units},{reason},{today()}" for id, reason, units in lines]
        path.write_text("\n".join(["id,facility,product,lot,quantity,reason,date", *rows]), "utf-8")
        return path

    return write


def counted(shop, units):
    with unit_of_work(Access.system("test")):
        make.counted(shop.world[CENTRE], db.session.get(Lot, shop.lots["A"]), units)


def take(path, choice=""):
    """Import a file, saying of each count it meets whether its lines came before or after."""
    return services.take(MOVEMENTS, path, answers=lambda question: choice if question.choices else "")


def asked(path, choice=""):
    """Return (code, words) of what is asked; nothing is written."""
    with pytest.raises(Doubt) as doubt:
        take(path, choice)
    db.session.rollback()
    return [(one.code, str(one.words)) for one in doubt.value.questions]


@pytest.mark.parametrize(("units", "unusual"), [(1000, True), (10, True), (499, False), (0, False)])
def test_a_count_of_a_list_far_from_the_book_is_asked_as_on_its_page(shop, file, units, unusual):
    """100 in the book: 1000 and 10 look like a digit too many and too few; nothing at all is common."""
    path = file(("1", "count", units))
    if unusual:
        ((code, words),) = asked(path)
        assert code == "count_gap" and f"{units} comptés, 100 au stock" in words, words
        assert shop.book() == 100
    services.take(MOVEMENTS, path, answers=lambda question: "yes" if unusual else "")
    assert shop.book() == units


@pytest.mark.parametrize(("reason", "units", "before", "after"), [("dispensed", 40, 60, 20), ("receipt", 300, 60, 360)])
def test_the_answer_decides_the_figure(shop, file, reason, units, before, after):
    """60 counted: what had moved before is in them already, whatever the list says; what came after changes them."""
    counted(shop, 60)
    ((code, words),) = asked(file(("1", reason, units)))
    assert code == "counted" and all(part in words for part in ("INV-1", "ligne 2", f"{today():%d/%m/%Y}")), words
    take(file(("1", reason, units)), "before")
    assert shop.book() == before
    take(file(("2", reason, units)), "after")
    assert shop.book() == after and verify_ledger() == []
    assert take(file(("1", reason, units), ("2", reason, units))).counts["same"] == 2  # asked of new lines alone


def test_each_count_is_one_question_and_other_days_are_none(shop, file, tmp_path):
    counted(shop, 60)
    assert len(asked(file(("1", "dispensed", 5), ("2", "receipt", 7)))) == 1
    path = tmp_path / "other.csv"
    path.write_text(
        f"id,facility,product,lot,expiry,quantity,reason,date\n1,{CENTRE},AMOX,NEW,2031-12-31,9,receipt,{today()}"
    )
    assert take(path).counts["new"] == 1  # another lot was not counted


def test_a_line_of_before_a_count_on_an_open_sheet_is_no_difference(shop, file):
    """100 in the book, 60 on the sheet; the list says that 40 were dispensed before: shelf and book agree."""
    id = shop.start()
    assert shop.send(id, "review", counted_A="60").status_code == 302
    assert shop.differences(id) == {"A": -40}
    assert [code for code, _words in asked(file(("1", "dispensed", 40)))] == ["counted"]
    take(file(("1", "dispensed", 40)), "before")
    assert shop.differences(id) == {"A": 0}
    assert shop.send(id, "post").status_code == 302 and shop.book() == 60


def test_what_the_answer_makes_impossible_is_named_at_its_line(shop, file):
    counted(shop, 60)
    asked(file(("1", "dispensed", 70)))  # before the count there were enough of them: nothing is wrong yet
    with pytest.raises(Refused, match="1 lignes"):
        take(file(("1", "dispensed", 70)), "after")
    db.session.rollback()
    row = db.session.query(ImportRun).order_by(ImportRun.id.desc()).first()
    (refusal,) = services.report_of(row)["refusals"]
    assert (row.state, refusal["line"], refusal["field"], shop.book()) == (REFUSED, 2, "quantity", 60)
    take(file(("1", "dispensed", 70)), "before")
    assert shop.book() == 60 and verify_ledger() == []


def test_the_preview_offers_both_and_keeps_what_was_chosen(shop, file, client):
    counted(shop, 60)
    people.sign_in(client, "admin")
    path = file(("1", "dispensed", 40))
    with services.sent(MOVEMENTS, path.name, path) as sent:
        id = perform(lambda: services.receive(sent, shop.world.ids[CENTRE]).id)
    services.look(id)
    (form,) = [one for one in Forms(client.get(f"/imports/{id}").text).found if one.action.endswith("/confirm")]
    left = client.post(form.action, data=form.data())
    assert left.status_code == 422 and 'aria-invalid="true"' in left.text and shop.book() == 60
    data = form.data() | answers(left.text, "after")
    assert (
        re.search(r'name="_confirm-\w+" value="before"', left.text)
        and client.post(form.action, data=data).status_code == 302
    )
    assert shop.book() == 20


def test_a_list_with_a_lot_that_a_count_of_everything_did_not_find_is_asked(shop, tmp_path):
    """40 came the day before the count and are not on it: overlooked, or used up by then, as the file may say itself."""
    with time_machine.travel(utcnow() - timedelta(days=2)):
        id, day = shop.start(), today()
        assert shop.send(id, "review", counted_A="100").status_code == 302
        assert shop.send(id, "post").status_code == 302
    before, head = day - timedelta(days=1), "id,facility,product,lot,expiry,quantity,reason,date"

    def file(*lines):
        rows = [
            f"{n},{CENTRE},AMOX,NEW,2031-12-31,{units},{reason},{on}" for n, (reason, units, on) in enumerate(lines)
        ]
        (tmp_path / "late.csv").write_text("\n".join([head, *rows]), "utf-8")
        return tmp_path / "late.csv"

    came, used, since = ("receipt", 40, before), ("dispensed", 15, day), ("dispensed", 25, day + timedelta(days=1))
    ((code, words),) = asked(file(came))
    assert code == "not_found" and all(part in words for part in ("ligne 2 : 40", "NEW", "INV-", f"{day:%d/%m/%Y}"))
    ((code, words),) = asked(file(came, used, since))
    assert code == "not_found" and "ligne 2 : 25" in words
    services.take(MOVEMENTS, file(came, used, since), answers=lambda question: "yes")
    ((code, words),) = asked(file(came, used, since, ("receipt", 1, before)))[-1:]
    assert code == "not_found" and "ligne 5 : 26" in words, "with what is in the book"
    assert verify_ledger() == []


def test_what_was_used_up_before_a_count_of_everything_is_not_asked(shop, tmp_path):
    with time_machine.travel(utcnow() - timedelta(days=2)):
        id, day = shop.start(), today()
        assert shop.send(id, "review", counted_A="100").status_code == 302
        assert shop.send(id, "post").status_code == 302
    lines = [f"{n},{CENTRE},AMOX,NEW,2031-12-31,40,{reason},{day - timedelta(days=3 - n)}"
             for n, reason in enumerate(("receipt", "dispensed"))]  # fmt: skip
    path = tmp_path / "late.csv"
    path.write_text("\n".join(["id,facility,product,lot,expiry,quantity,reason,date", *lines]), "utf-8")
    assert take(path).counts["new"] == 2
