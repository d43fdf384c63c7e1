"""The pages of requisitions as their three people use them, the job for a whole country, the command."""

import html
import json
import re

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db
from core.data.work import unit_of_work
from core.jobs.services import Progress
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.requisitions import country, services
from plugins.elmis.requisitions.models import Requisition
from tests import make as rows
from tests.elmis import make
from tests.elmis.test_requisitions import months_ago
from tests.elmis.test_suggestion_db import statements
from tests.pages import Forms

SYSTEM = Access.system("test")


@pytest.fixture
def centre(app, world):
    """Return a health centre with three months of use of two products, a keeper and a pharmacist."""
    make.reference()
    with unit_of_work(SYSTEM):
        place = world["P1A-CDS1"]
        for code in ("P-1", "P-2"):
            lot = make.lot(make.product(code, pack_size=100), f"L{code}")
            make.receive(place, lot, 1000, months_ago(4))
            for month in (3, 2, 1):
                make.dispense(place, lot, 300, months_ago(month))
        rows.user("keeper", place, "storekeeper")
        rows.user("pharmacist", world["P1A"], "district_pharmacist")
        rows.user("colleague", world["P1A"], "district_pharmacist")
        rows.user("far", world["P2A-CDS1"], "storekeeper")
    return place


@pytest.fixture
def requisition(centre):
    """Return the id of a proposed requisition."""
    with unit_of_work(SYSTEM):
        return services.propose(centre).id


def by(app, login):
    client = app.test_client()
    rows.sign_in(client, login)
    return client


def sent(page, **values):
    """Return the fields of the requisition's form as the page has them, with other values."""
    found = dict(re.findall(r'name="(q\d+|version|_key)"[^>]*value="([^"]*)"', page.text))
    found |= {name: value for value, name in re.findall(r'value="([^"]*)"[^>]*name="(q\d+|version|_key)"', page.text)}
    return {**found, **values}


def quantity_fields(page):
    return sorted({name for name in sent(page) if name.startswith("q")}, key=lambda name: int(name[1:]))


def because(*names, code="campaign"):
    """Return the fields that give the reason of some quantities."""
    return {f"why{name[1:]}": code for name in names}


def test_a_keeper_proposes_changes_and_confirms(app, centre):
    keeper = by(app, "keeper")
    page = keeper.get("/elmis/requisitions/new")
    assert 'value="P1A-CDS1"' in page.text and 'name="policy"' not in page.text  # who approves may choose it
    form = {**sent(page), "facility": "P1A-CDS1", "on": f"{services.today():%d/%m/%Y}"}
    answer = keeper.post("/elmis/requisitions/new", data={**form, "kind": "regular"})
    assert answer.status_code == 302, answer.text[:3000]
    page = keeper.get(answer.location)
    assert re.search(r"2 articles à demander sur \d", page.text), page.text[-3000:]
    first, _second = quantity_fields(page)
    lines = answer.location.split("?")[0] + "/lines"
    refused = keeper.post(lines, data=sent(page, then="confirm", **{first: "700"}))
    assert refused.status_code == 422 and 'value="700"' in refused.text
    assert db.session.scalar(select(Requisition.state)) == "suggested"
    answer = keeper.post(lines, data=sent(refused, then="confirm", **because(first), **{first: "700"}))
    assert answer.status_code == 302
    row = db.session.scalars(select(Requisition)).one()
    assert row.state == "confirmed" and row.lines[0].requested == 700
    again = {**form, **sent(keeper.get("/elmis/requisitions/new")), "facility": "P1A-CDS1", "kind": "regular"}
    twice = keeper.post("/elmis/requisitions/new", data=again)
    assert twice.status_code == 422 and f'href="/elmis/requisitions/{row.id}"' in twice.text
    act, *_earlier = re.findall(
        r'<tr class="top">(.*?)</tr>', by(app, "auditor").get("/journal?entity=elmis.requisition").text, re.S
    )
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", act))
    assert f"Confirmation : Réquisition {row.number}" in said and "1 ligne" in said, said


@pytest.mark.parametrize(("login", "then"), [("keeper", "confirm"), ("pharmacist", "approve")])
def test_what_is_asked_of_a_whole_requisition_can_be_answered_on_its_page(app, centre, requisition, login, then):
    """The stock moved since: the question stood in the summary alone, and each press of the button brought it again."""
    with unit_of_work(SYSTEM):
        if login == "pharmacist":
            services.confirm(services.load(requisition))
        make.receive(centre, db.session.query(Lot).filter_by(number="LP-2").one(), 200)
    person = by(app, login)

    def form(page):
        (found,) = [one for one in Forms(page.text).found if one.id == "quantities"]
        return found

    url = f"/elmis/requisitions/{requisition}"
    asked = person.post(f"{url}/lines", data={**form(person.get(url)).data(), "then": then})
    assert asked.status_code == 422 and "P-2\u202f: " in html.unescape(asked.text)
    (said,) = [one.given["value"] for one in form(asked).inputs.values() if one.name == "_confirm"]
    assert person.post(f"{url}/lines", data={**form(asked).data(), "then": then, "_confirm": said}).status_code == 302
    assert db.session.get(Requisition, requisition).state == {"confirm": "confirmed", "approve": "approved"}[then]


def test_of_two_approvers_the_second_reads_that_it_is_done(app, centre, requisition):
    with unit_of_work(SYSTEM):
        services.confirm(services.load(requisition))
    url = f"/elmis/requisitions/{requisition}"
    first, second = by(app, "pharmacist"), by(app, "colleague")
    pages = first.get(url), second.get(url)
    answers = [
        one.post(f"{url}/lines", data=sent(page, then="approve")).status_code
        for one, page in zip((first, second), pages, strict=True)
    ]
    assert answers == [302, 409]


def test_the_same_form_sent_twice_is_one_step(app, centre, requisition):
    keeper, url = by(app, "keeper"), f"/elmis/requisitions/{requisition}"
    data = sent(keeper.get(url), then="confirm")
    assert [keeper.post(f"{url}/lines", data=data).status_code for _n in (1, 2)] == [302, 302]
    assert db.session.scalar(select(Requisition.state)) == "confirmed"


def test_a_version_that_is_no_number_confirms_nothing(app, centre, requisition):
    keeper, url = by(app, "keeper"), f"/elmis/requisitions/{requisition}"
    for version in ("x", "9" * 30, "-1", ""):
        answer = keeper.post(f"{url}/lines", data=sent(keeper.get(url), then="confirm", version=version))
        assert answer.status_code in (409, 422), (version, answer.status_code)
    assert db.session.get(Requisition, requisition).state == "suggested"


def test_returning_asks_for_a_reason_and_the_facility_reads_it(app, centre, requisition):
    with unit_of_work(SYSTEM):
        services.confirm(services.load(requisition))
    pharmacist, url = by(app, "pharmacist"), f"/elmis/requisitions/{requisition}"
    page = pharmacist.get(f"/do/elmis.requisition.return/{requisition}")
    assert pharmacist.post(f"/do/elmis.requisition.return/{requisition}", data=sent(page, reason="")).status_code == 422
    assert (
        pharmacist.post(
            f"/do/elmis.requisition.return/{requisition}", data=sent(page, reason="Recomptez <b>")
        ).status_code
        == 302
    )
    assert "Recomptez &lt;b&gt;" in by(app, "keeper").get(url).text


@pytest.mark.parametrize("path", ["{}", "{}/lines/1", "{}/paper", "/do/elmis.requisition.cancel/{}"])
def test_strangers_find_nothing(app, centre, requisition, path):
    address = path.format(requisition) if path[0] == "/" else f"/elmis/requisitions/{path.format(requisition)}"
    assert by(app, "far").get(address).status_code == 404


def test_the_working_is_there_without_script_and_as_a_fragment(app, centre, requisition):
    keeper, line = by(app, "keeper"), db.session.get(Requisition, requisition).lines[1]
    whole = keeper.get(f"/elmis/requisitions/{requisition}?line={line.id}")
    part = keeper.get(f"/elmis/requisitions/{requisition}?line={line.id}", headers={"HX-Request": "true"})
    assert "<html" in whole.text and "<html" not in part.text
    for text in (whole.text, part.text):
        assert 'id="why"' in text and "900" in text and line.product.name in text
    detail = keeper.get(f"/elmis/requisitions/{requisition}/lines/{line.id}")
    assert detail.status_code == 200 and "Consommation par mois en stock" in detail.text and "MSH" not in detail.text


def test_a_line_that_is_overstock_says_why(app, centre):
    """100 are left of 1,000; 5,000 that came this month stand above a maximum that three months of 300 give."""
    with unit_of_work(SYSTEM):
        make.receive(centre, db.session.query(Lot).filter_by(number="LP-2").one(), 5000)
        key = services.propose(centre).id
    (line,) = [each for each in db.session.get(Requisition, key).lines if each.status == "overstock"]
    text = "".join(by(app, "keeper").get(f"/elmis/requisitions/{key}/lines/{line.id}").text.split())
    over, most, came = map(int, re.search(r"Surstock:(\d+)au-dessusdumaximumde(\d+);(\d+)ontétéreçus", text).groups())
    assert over + most == line.usable == 5100 and came == 5000 and 500 < most < 700


def test_views_and_words_narrow_the_lines(app, centre, requisition):
    keeper, url = by(app, "keeper"), f"/elmis/requisitions/{requisition}"
    assert quantity_fields(keeper.get(f"{url}?view=over")) == []
    assert len(quantity_fields(keeper.get(f"{url}?view=all&q=P-2"))) == 1
    kept, asked = (quantity_fields(keeper.get(f"{url}?view={view}")) for view in ("order", "asked"))
    assert kept == asked != []  # an address that somebody kept from when the view was called so


def test_the_list_shows_what_waits(app, centre, requisition):
    keeper = by(app, "keeper")
    assert "RQ-" in keeper.get("/elmis/requisitions/?view=confirm").text
    assert "RQ-" not in keeper.get("/elmis/requisitions/?view=approve").text
    assert "RQ-" not in by(app, "far").get("/elmis/requisitions/").text
    assert "RQ-" in keeper.get("/inbox").text


def test_the_paper_is_a_pdf(app, centre, requisition):
    assert by(app, "keeper").get(f"/elmis/requisitions/{requisition}/paper").data[:5] == b"%PDF-"


def test_the_page_of_a_requisition_stays_within_its_statements(app, centre, requisition):
    keeper = by(app, "keeper")
    keeper.get(f"/elmis/requisitions/{requisition}")
    with statements() as sent_:
        keeper.get(f"/elmis/requisitions/{requisition}")
    assert len(sent_) <= 20, "\n".join(sent_)


def test_the_country_is_proposed_by_a_job_that_may_run_again(app, centre, requisition, world):
    with unit_of_work(SYSTEM):
        other = world["P1A-CDS2"]
        make.receive(other, make.lot(make.product("P-9"), "L9"), 100)
        make.receive(world["CAMEBU"], make.lot(make.product("P-8"), "L8"), 100)
    for _time in (1, 2):
        with acting(SYSTEM):
            url = country.suggest_country(Progress(0))
    states = db.session.scalars(select(Requisition.facility_id)).all()
    assert sorted(states) == sorted([centre.id, other.id]) and "month=" in url
    total = country.total(country.by_district(services.today().replace(day=1)))
    assert total.number == 2 and total.cost == sum(row.total for row in db.session.scalars(select(Requisition)))
    assert "P1A" in by(app, "pharmacist").get("/elmis/requisitions/country").text


def test_the_facility_page_has_its_requisitions_and_its_word_on_the_month(app, centre, requisition):
    keeper = by(app, "keeper")
    page = keeper.get(f"/facilities/{centre.id}").text
    assert "RQ-" in page and "elmis.stock_report.declare" in page
    assert keeper.post(f"/do/elmis.stock_report.declare/{centre.id}", data={"_key": "k1"}).status_code == 302
    assert "elmis.stock_report.declare" not in keeper.get(f"/facilities/{centre.id}").text


def test_the_command_prints_one_document(app, centre):
    run = app.test_cli_runner().invoke
    answer = run(args=["elmis", "suggest", "--facility", "P1A-CDS1", "--format", "json"])
    found = json.loads(answer.output)
    assert [one["code"] for one in found["products"]] == ["P-1", "P-2"]
    assert found["products"][0]["inputs"]["cmm"]["consumption"] == 900
    assert run(args=["elmis", "suggest", "--facility", "NONE"]).exit_code == 1
    assert run(args=["elmis", "suggest", "--facility", "P1A-CDS1", "--policy", "guess"]).exit_code == 1


def test_a_converted_requisition_leads_to_the_depots_own(app, centre, requisition):
    with unit_of_work(SYSTEM):
        services.confirm(services.load(requisition))
    with unit_of_work(SYSTEM):
        services.approve(services.load(requisition))
    with unit_of_work(SYSTEM):
        made = services.convert(services.load(requisition))
        number, key = made.number, made.id
    page = by(app, "keeper").get(f"/elmis/requisitions/{requisition}").text
    assert number in page and f"/elmis/orders/{key}" in page


# --- two people, what was changed, what the depot has ---


def kept(page, **values):
    """Return the fields of the requisition's form with the marks of what it showed."""
    marks = re.search(r'name="_seen"[^>]*value="([^"]*)"', page.text).group(1)
    return {**sent(page), "_seen": html.unescape(marks), **values}


def test_two_on_one_requisition_keep_what_only_one_changed_and_see_what_both_did(app, centre, requisition):
    one, other, url = by(app, "keeper"), by(app, "keeper"), f"/elmis/requisitions/{requisition}"
    pages = one.get(url), other.get(url)
    first, second = quantity_fields(pages[0])
    reason = because(first) | because(second)
    assert one.post(f"{url}/lines", data=kept(pages[0], **{first: "700"}, **reason)).status_code == 302
    merged = other.post(f"{url}/lines", data=kept(pages[1], **{second: "800"}, **reason))
    assert merged.status_code == 302
    lines = db.session.get(Requisition, requisition).lines
    assert [line.requested for line in lines] == [700, 800]
    clash = other.post(f"{url}/lines", data=kept(pages[1], **{first: "650"}, _key="k2", **reason))
    assert clash.status_code == 409 and "700" in clash.text and "650" in clash.text
    assert db.session.get(Requisition, requisition).lines[0].requested == 700
    again = other.post(f"{url}/lines", data=kept(clash, _key="k3", **reason))
    assert again.status_code == 302 and db.session.get(Requisition, requisition).lines[0].requested == 650


def test_nobody_confirms_quantities_that_he_has_not_seen(app, centre, requisition):
    one, other, url = by(app, "keeper"), by(app, "keeper"), f"/elmis/requisitions/{requisition}"
    pages = one.get(url), other.get(url)
    first = quantity_fields(pages[0])[0]
    assert one.post(f"{url}/lines", data=kept(pages[0], **{first: "700"}, **because(first))).status_code == 302
    refused = other.post(f"{url}/lines", data=kept(pages[1], then="confirm"))
    assert refused.status_code == 409 and "700" in refused.text
    assert db.session.get(Requisition, requisition).state == "draft"


def test_the_page_shows_what_was_changed_and_what_the_depot_can_give(app, centre, requisition, world):
    keeper, url = by(app, "keeper"), f"/elmis/requisitions/{requisition}"
    page = keeper.get(url)
    first = quantity_fields(page)[0]
    keeper.post(f"{url}/lines", data=sent(page, **{first: "700"}, **because(first), then="confirm"))
    assert quantity_fields(by(app, "pharmacist").get(f"{url}?view=changed")) == [first]
    with unit_of_work(SYSTEM):
        lot = db.session.scalars(select(Lot).order_by(Lot.id)).first()
        make.receive(world["P1A-DEPOT"], lot, 4321)
    assert "4 321" in re.sub(r"[\u00a0\u202f]", " ", by(app, "pharmacist").get(url).text)
    assert "4 321" not in re.sub(r"[\u00a0\u202f]", " ", keeper.get(url).text)
