"""What a ministry sets by itself: supply lines, levels of approval, months, reasons."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import NotAllowed, Refused
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.facilities.models import CLOSED, FacilityType
from plugins.elmis.catalogue.models import Policy, Programme
from plugins.elmis.ledger.models import Period, Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import refuse_way
from plugins.elmis.requisitions import services as requisitions
from plugins.elmis.requisitions.approvals import levels_of, supplier_of
from plugins.elmis.requisitions.models import ApprovalLevel, SupplyLine
from plugins.elmis.settings import services
from plugins.elmis.store.forms import form_for
from plugins.elmis.store.kinds import CHOSEN, KINDS
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
ROOT = "/elmis/settings"
MONTH = today().replace(day=1)


@pytest.fixture
def land(app, world):
    """Store reference rows, a keeper of the settings, a reader and somebody from another trade."""
    make.reference()
    with unit_of_work(Access.system("test")):
        for login, place, role in (
            ("mere", "BI", "central_pharmacist"), ("aline", "P1A-CDS1", "storekeeper"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
        kind = world["P1A-CDS1"].type_id
        db.session.add(ApprovalLevel(type_id=kind, position=1, place="district"))
        db.session.add(SupplyLine(facility=world["P1A-CDS2"], supplier=world["P1B-DEPOT"]))
        db.session.add(Period(month=MONTH))
        programme = db.session.scalar(select(Programme).limit(1))
        db.session.add(Policy(programme_id=programme.id, min_months=1, max_months=2, emergency_months=0))
    return world


def ids(world):
    """Return what the addresses below need."""
    return {
        "line": db.session.scalar(select(SupplyLine.id)), "way": way("care", "care"), "kind": world["P1A-CDS1"].type_id,
        "month": db.session.scalar(select(Period.id)), "reason": reason("expired").id,
        "own": reason("shipment").id, "programme": db.session.scalar(select(Programme.id).limit(1)),
        "policy": db.session.scalar(select(Policy.id).order_by(Policy.id.desc()).limit(1)),
    }  # fmt: skip


def way(source, target):
    """Return the id of a way of goods, or None."""
    return db.session.scalar(select(Route.id).where(Route.from_kind == source, Route.to_kind == target))


def reason(code):
    return db.session.scalar(select(Reason).where(Reason.code == code))


def sent(client, path, **data):
    """Return the answer to a form that was opened, filled in and sent."""
    opened = client.get(path)
    assert opened.status_code == 200, opened.text[:500]
    key = re.search(r'name="_key"[^>]*value="([^"]+)"', opened.text).group(1)
    return client.post(path, data={"_key": key, **data})


def confirmed(client, url, *words, **data):
    """Return the answer to a form that is asked about first: nothing is done before the yes."""
    asked = client.post(url, data=data)
    assert asked.status_code == 422 and all(each in asked.text for each in words), asked.text
    token = re.search(r'name="_confirm" value="(\w+)"', asked.text).group(1)
    return client.post(url, data={**data, "_confirm": token})


def as_(world, login, operation):
    """Run an operation as a person."""
    with unit_of_work(world.access(login)):
        return operation()


READ = ["/", "/supply-lines", "/supply-lines?q=P1A", "/supply-lines/{line}", "/ways", "/ways/{way}", "/levels", "/levels?sort=-name",
        "/levels/{kind}", "/months", "/months?f.closed=0", "/months/{month}", "/reasons", "/reasons?f.active=1",
        "/reasons/{reason}", "/reasons/{own}"]  # fmt: skip
FORMS = ["/supply-lines/new", "/supply-lines/{line}/edit", "/ways/new", "/ways/{way}/edit", "/levels/{kind}/edit", "/months/close",
         "/reasons/{reason}/edit"]  # fmt: skip
POSTS = ["supply_line.remove/{line}", "route.end/{way}", "period.close/{month}", "period.reopen/{month}",
         "reason.retire/{reason}", "reason.restore/{reason}"]  # fmt: skip


def test_stores_read_the_settings_and_their_keeper_changes_them(land, client):
    known = ids(land)
    people.sign_in(client, "aline")
    for path in READ:
        answer = client.get(ROOT + path.format(**known))
        assert answer.status_code == 200 and "/edit" not in answer.text and "/do/elmis" not in answer.text, path
    assert ROOT not in client.get("/").text.split("<main")[0]
    for path in FORMS:
        assert client.get(ROOT + path.format(**known)).status_code == 403, path
        assert client.post(ROOT + path.format(**known)).status_code == 403, path
    for path in POSTS:
        assert client.post(f"/do/elmis.{path.format(**known)}").status_code == 403, path
    client.post("/sign-out")
    people.sign_in(client, "mere")
    assert f'href="{ROOT}/"' in client.get("/").text
    for path in READ + FORMS:
        assert client.get(ROOT + path.format(**known)).status_code == 200, path


def test_who_may_see_nothing_of_elmis_sees_no_setting(land, client):
    people.sign_in(client, "nobody")
    assert {client.get(ROOT + path.format(**ids(land))).status_code for path in READ + FORMS} == {403}


def test_a_supply_line_is_added_changed_and_removed(land, client):
    people.sign_in(client, "mere")
    answer = sent(client, f"{ROOT}/supply-lines/new", facility="P1A-CDS1", supplier="CAMEBU")
    assert answer.status_code == 302
    assert supplier_of(land["P1A-CDS1"]).code == "CAMEBU"
    answer = sent(client, f"{answer.location}/edit", facility="P1A-CDS1", supplier="P2A-DEPOT")
    assert answer.status_code == 302 and supplier_of(land["P1A-CDS1"]).code == "P2A-DEPOT"
    shown = client.get(answer.location).text
    assert "P2A-DEPOT" in shown and shown.count("<li><b>") >= 2
    assert (
        confirmed(
            client, f"/do/elmis.supply_line.remove/{answer.location.rpartition('/')[2]}", "et non plus par"
        ).status_code
        == 302
    )
    assert supplier_of(land["P1A-CDS1"]).code == "P1A-DEPOT"
    kept = db.session.scalars(select(AuditEntry.action).where(AuditEntry.entity == "elmis.supply_line")).all()
    assert {"create", "change", "delete"} <= set(kept)


@pytest.mark.parametrize(
    "facility, supplier, field",
    [
        ("", "CAMEBU", "facility"), ("P1A-CDS1", "", "supplier"), ("P1A-CDS1", "NOWHERE", "supplier"),
        ("P1A", "CAMEBU", "facility"), ("P1A-CDS1", "P1", "supplier"), ("P1A-CDS1", "P1A-CDS1", "supplier"),
        ("P1A-CDS2", "CAMEBU", "facility"), ("P1A-DEPOT", "P1A-CDS1", "supplier"), ("P1A-CDS1", "P2B-DEPOT", "supplier"),
    ],
)  # fmt: skip
def test_a_supply_line_that_cannot_be_is_refused_at_its_field(land, client, facility, supplier, field):
    with unit_of_work():
        land["P2B-DEPOT"].status = CLOSED
    people.sign_in(client, "mere")
    answer = sent(client, f"{ROOT}/supply-lines/new", facility=facility, supplier=supplier)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert db.session.query(SupplyLine).count() == 1


def test_goods_do_not_go_in_a_circle_over_several_suppliers(land):
    def line(facility, supplier):
        as_(land, "mere", lambda: services.save_supply_line(None, land[facility], land[supplier]))

    line("P1A-DEPOT", "P1B-DEPOT")
    line("P1B-DEPOT", "P2A-DEPOT")
    with pytest.raises(Refused) as refused:
        line("P2A-DEPOT", "P1A-DEPOT")
    assert refused.value.field == "supplier"


def test_a_way_of_goods_is_ended_and_opened_again(land, client):
    one, other = land["P1A-CDS1"], land["P1A-CDS2"]
    people.sign_in(client, "mere")
    assert sent(client, f"{ROOT}/ways/new", from_kind="care", to_kind="care").status_code == 422  # it is there
    assert (
        confirmed(
            client, f"/do/elmis.route.end/{way('care', 'care')}", "plus rien ne part", "restent à recevoir"
        ).status_code
        == 302
    )
    with pytest.raises(Refused) as refused:
        refuse_way(one, other)
    assert refused.value.field == "facility"
    answer = confirmed(client, f"{ROOT}/ways/{way('unit', 'unit')}/edit", from_kind="care", to_kind="care")
    assert answer.status_code == 302 and way("unit", "unit") is None
    refuse_way(one, other)
    assert client.get(answer.location).text.count("<li><b>") >= 2
    kept = db.session.scalars(select(AuditEntry.action).where(AuditEntry.entity == "elmis.route")).all()
    assert {"change", "delete"} <= set(kept)
    answer = sent(client, f"{ROOT}/ways/new", from_kind="care", to_kind="province")
    assert answer.status_code == 422 and 'id="to_kind-error"' in answer.text


def test_levels_of_approval_are_chosen_in_order(land, client):
    kind = land["P1A-CDS1"].type_id
    path = f"{ROOT}/levels/{kind}/edit"
    people.sign_in(client, "mere")
    assert sent(client, path, level1="facility", level2="district", level4="supplier").status_code == 302
    assert levels_of(land["P1A-CDS1"]) == ["facility", "district", "supplier"]
    assert sent(client, path, level1="province").status_code == 302
    assert levels_of(land["P1A-CDS1"]) == ["province"]
    shown = client.get(f"{ROOT}/levels/{kind}").text
    assert shown.count("<li><b>") == 2 and "supplier" not in shown.split("<li><b>")[1]
    assert sent(client, path).status_code == 302
    assert levels_of(land["P1A-CDS1"]) == ["district"] and not services.levels_of(kind)


@pytest.mark.parametrize(
    "chosen, field",
    [
        ({"level1": "district", "level2": "district"}, "level2"), ({"level1": "district", "level2": "facility"}, "level2"),
        ({"level1": "moon"}, "level1"),
    ],
)  # fmt: skip
def test_levels_that_cannot_be_are_refused_at_their_field(land, client, chosen, field):
    people.sign_in(client, "mere")
    answer = sent(client, f"{ROOT}/levels/{land['P1A-CDS1'].type_id}/edit", **chosen)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert levels_of(land["P1A-CDS1"]) == ["district"]


def test_a_closed_month_takes_no_orders_and_no_reports_until_it_is_open_again(land, client):
    people.sign_in(client, "mere")
    asked = sent(client, f"{ROOT}/months/close", month=f"{MONTH:%Y-%m}")
    assert asked.status_code == 422 and "n’est pas terminé" in asked.text
    answer = confirmed(client, f"{ROOT}/months/close", month=f"{MONTH:%Y-%m}")
    assert answer.status_code == 302
    for operation in (
        lambda: requisitions.propose(land["P1A-CDS1"]),
        lambda: requisitions.report(land["P1A-CDS1"], MONTH),
    ):
        with pytest.raises(Refused, match="Mere"):  # who may open it again
            as_(land, "aline", operation)
    month = answer.location.rpartition("/")[2]
    why = client.post(f"/do/elmis.period.reopen/{month}")
    assert why.status_code == 422 and db.session.scalar(select(Period.closed))
    token = re.search(r'name="(_confirm-\w+)"', why.text).group(1)
    opened = client.post(f"/do/elmis.period.reopen/{month}", data={token: "deux CDS oubliés"})
    assert opened.status_code == 302 and "deux CDS oubliés" in client.get(answer.location).text
    as_(land, "aline", lambda: requisitions.report(land["P1A-CDS1"], MONTH))
    assert confirmed(client, f"/do/elmis.period.close/{month}").status_code == 302
    assert db.session.scalar(select(Period.closed))


def test_a_closed_month_is_not_asked_for_any_more(land, client):
    last = (MONTH - timedelta(days=1)).replace(day=1)
    people.sign_in(client, "aline")
    page = f"/facilities/{land.ids['P1A-CDS1']}"
    assert "elmis.stock_report.declare" in client.get(page).text
    as_(land, "mere", lambda: services.close_month(last))
    assert "elmis.stock_report.declare" not in client.get(page).text


def test_the_list_shows_a_supplier_that_has_closed(land, client):
    with unit_of_work():
        land["P1B-DEPOT"].status = CLOSED
    people.sign_in(client, "mere")
    assert "P1A-CDS2" in client.get(f"{ROOT}/supply-lines?f.status=closed").text
    assert "P1A-CDS2" not in client.get(f"{ROOT}/supply-lines?f.status=open").text


def test_only_a_month_that_has_begun_and_is_open_can_be_closed(land, client):
    people.sign_in(client, "mere")
    later = (MONTH + timedelta(days=40)).strftime("%Y-%m")
    with unit_of_work():
        db.session.add(Period(month=MONTH.replace(year=MONTH.year - 1), closed=True))
    for month in ("", "2026-13", later, f"{MONTH.year - 1}-{MONTH.month:02}"):
        answer = sent(client, f"{ROOT}/months/close", month=month)
        assert answer.status_code == 422 and 'id="month-error"' in answer.text, month


def test_a_storekeeper_begins_a_month_but_does_not_close_it(land):
    last = (MONTH - timedelta(days=1)).replace(day=1)
    as_(land, "aline", lambda: requisitions.period_of(last))
    for closed in (
        lambda: services.close_month(MONTH),
        lambda: setattr(db.session.scalar(select(Period).where(Period.month == last)), "closed", True),
        lambda: db.session.add(Period(month=last.replace(year=2020), closed=True)),
    ):
        with pytest.raises(NotAllowed):
            as_(land, "aline", closed)


def test_the_words_of_a_reason_are_changed(land, client):
    people.sign_in(client, "mere")
    path = f"{ROOT}/reasons/{reason('expired').id}/edit"
    assert sent(client, path, label_fr="Date dépassée", label_en="").status_code == 302
    assert (reason("expired").label_fr, reason("expired").label_en) == ("Date dépassée", "Date dépassée")
    for words, field in (("", "label_fr"), ("perdu", "label_fr"), ("x" * 121, "label_fr")):
        answer = sent(client, path, label_fr=words)
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert 'id="label_en-error"' in sent(client, path, label_fr="Autre", label_en="Lost").text


def test_a_reason_out_of_use_is_neither_offered_nor_recorded(land, client):
    people.sign_in(client, "mere")
    assert (
        client.post(f"/do/elmis.reason.retire/{reason('stolen').id}").status_code == 302 and not reason("stolen").active
    )
    with land_request(client.application):
        codes = [code for code, _label in form_for(KINDS["loss"], land["P1A-CDS1"]).reason.choices]
    assert "stolen" not in codes and "lost" in codes
    from plugins.elmis.lots.lines import Header
    from plugins.elmis.store.services import record

    with pytest.raises(Refused) as refused:
        as_(land, "aline", lambda: record(KINDS["loss"], land["P1A-CDS1"], Header(today(), "stolen"), []))
    assert refused.value.field == "reason"
    assert client.post(f"/do/elmis.reason.restore/{reason('stolen').id}").status_code == 302 and reason("stolen").active


def land_request(app):
    """Return a request in which a form can be made."""
    return app.test_request_context("/")


def test_reasons_of_the_pages_and_the_last_one_of_losses_stay(land, client):
    people.sign_in(client, "mere")
    client.post(f"/do/elmis.reason.retire/{reason('shipment').id}")
    assert reason("shipment").active
    for code in sorted(CHOSEN):
        client.post(f"/do/elmis.reason.retire/{reason(code).id}")
    assert sum(reason(code).active for code in CHOSEN) == 1


def test_programmes_and_policies_show_their_history(land, client):
    known = ids(land)
    people.sign_in(client, "mere")
    path = f"/elmis/catalogue/programmes/{known['programme']}/edit"
    assert sent(client, path, code="NEW", label_fr="Nouveau").status_code == 302
    assert "NEW" in client.get(path).text and "<li><b>" in client.get(path).text
    assert "<li><b>" in client.get(f"/elmis/catalogue/policies/{known['policy']}").text


def test_a_type_of_facility_without_orders_has_no_levels_page_entry(land, client):
    people.sign_in(client, "mere")
    kinds = {row.code: row.id for row in db.session.scalars(select(FacilityType))}
    listed = client.get(f"{ROOT}/levels").text
    assert f"{ROOT}/levels/{kinds['depot']}" in listed and f"{ROOT}/levels/{kinds['province']}" not in listed


def test_the_services_ask_for_the_right_themselves(land):
    known = ids(land)
    for operation in (
        lambda: services.save_supply_line(None, land["P1A-CDS1"], land["CAMEBU"]),
        lambda: services.remove_supply_line(db.session.get(SupplyLine, known["line"])),
        lambda: services.save_way(None, "depot", "depot"),
        lambda: services.end_way(db.session.get(Route, known["way"])),
        lambda: services.save_levels(db.session.get(FacilityType, known["kind"]), ["province"]),
        lambda: services.reopen_month(db.session.get(Period, known["month"])),
        lambda: services.label_reason(db.session.get(Reason, known["reason"]), "x", "x"),
        lambda: services.switch_reason(db.session.get(Reason, known["reason"]), False),
    ):
        with pytest.raises(NotAllowed):
            as_(land, "aline", operation)
    assert perform(lambda: services.switch_reason(db.session.get(Reason, known["reason"]), False).code) == "expired"
