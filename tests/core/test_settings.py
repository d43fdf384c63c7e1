"""Settings: declared by a plugin, read at a place, changed by whoever holds their right, with trail."""

import json
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.contract import checks
from core.contract.ports import Permission
from core.contract.settings import Setting
from core.data.access import Access
from core.data.db import db
from core.data.errors import NotAllowed, Overtaken, Refused
from core.data.settings import SettingValue, value_of
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.settings import services
from core.users.rights.models import Role
from tests import make
from tests.pages import Forms
from tests.statements import statements

pytestmark = pytest.mark.both_databases
RIGHT = "core.facility.edit"
DAYS = Setting(
    "core.days", "Days of warning", 30, RIGHT, "When it begins.", "days", "Warnings", local=True, least=1, most=365
)
SHARE = Setting("core.share", "Share", Decimal("0.5"), RIGHT, reason=True, least=0, most=1)
COLOUR = Setting("core.colour", "Colour", "red", RIGHT, choices={"red": "Red sign", "blue": "Blue sign"})
MAIL = Setting("core.mail", "Mail is sent", False, RIGHT)
SINCE = Setting("core.since", "Since", date(2026, 1, 1), "core.system")
ALL = {each.name: each for each in (DAYS, SHARE, COLOUR, MAIL, SINCE)}


@pytest.fixture
def country(app, world, monkeypatch):
    """Return the small country, with settings and a person who may change them in one province."""
    monkeypatch.setitem(app.extensions, "amagara.settings", ALL)
    with unit_of_work(Access.system("test")):
        db.session.add(Role(code="editor", label_en="Editor", label_fr="Éditeur", permissions=RIGHT))
        db.session.flush()
        world.users["provincial"] = make.user("provincial", world["P1"], "editor").id
        world.users["national"] = make.user("national", world["BI"], "editor").id
    return world


def put(world, login, setting, place, value, **more):
    with unit_of_work(world.access(login), reason=more.get("reason", "")):
        return services.put(setting, place and world[place], value, **more).id


def test_the_nearest_value_holds_and_the_default_where_there_is_none(country):
    assert value_of(DAYS, country["P1A-CDS1"]) == value_of(DAYS) == 30
    put(country, "national", DAYS, None, 60)
    put(country, "provincial", DAYS, "P1A", 14)
    assert [value_of(DAYS, country[code]) for code in ("P1A-CDS1", "P1A", "P1", "P1B-CDS1")] == [14, 14, 60, 60]
    assert value_of(DAYS) == 60
    with unit_of_work(country.access("provincial")):
        row = db.session.scalars(select(SettingValue).where(SettingValue.facility_id.is_not(None))).one()
        services.take_back(row)
    assert value_of(DAYS, country["P1A-CDS1"]) == 60


def test_each_value_comes_back_as_what_its_default_is(country):
    for setting, value in ((SHARE, Decimal("0.125")), (COLOUR, "blue"), (MAIL, True)):
        put(country, "national", setting, None, value, reason="décret")
        assert value_of(setting) == value and type(value_of(setting)) is type(setting.default)
    put(country, "admin", SINCE, None, date(2026, 2, 3))
    assert value_of(SINCE) == date(2026, 2, 3)


def test_what_a_later_version_takes_no_more_counts_as_not_set(country):
    put(country, "national", COLOUR, None, "blue")
    assert value_of(Setting("core.colour", "Colour", "red", RIGHT, choices={"red": "Red", "green": "Green"})) == "red"
    assert value_of(Setting("core.colour", "Colour", 7, RIGHT)) == 7


def test_a_request_that_reads_many_sends_one_statement_and_one_that_reads_none_sends_none(country):
    place = country["P1A-CDS1"]
    with statements() as sent:
        for _each in range(3):
            value_of(DAYS, place), value_of(MAIL), value_of(COLOUR)
    assert len(sent) == 1
    with statements() as sent:
        pass
    assert not sent
    with unit_of_work(Access.system("test")):
        assert value_of(DAYS, place) == 30
        services.put(DAYS, None, 45)
        assert value_of(DAYS, place) == 45  # within the transaction that sets it


def test_only_whoever_holds_the_right_there_sets_it(country):
    with pytest.raises(NotAllowed):
        put(country, "provincial", DAYS, None, 10)
    with pytest.raises(NotAllowed):
        put(country, "provincial", DAYS, "P2A", 10)
    with pytest.raises(NotAllowed):
        put(country, "auditor", DAYS, "P1A", 10)
    with pytest.raises(NotAllowed), unit_of_work(country.access("provincial")):  # below every service, too
        db.session.add(SettingValue(code="core.days", facility_id=country.ids["P2A"], value="1", changed_by=""))
    with pytest.raises(NotAllowed), unit_of_work(country.access("provincial")):
        db.session.add(SettingValue(code="core.mail", value="yes", changed_by=""))
    put(country, "provincial", DAYS, "P1A", 10)


def test_what_does_not_fit_is_refused_at_its_field(country):
    for setting, place, value, more, field in (
        (DAYS, None, 366, {}, "value"), (DAYS, None, Decimal(3), {}, "value"), (COLOUR, None, "green", {}, "value"),
        (MAIL, "P1A", True, {}, "place"), (SHARE, None, Decimal("0.3"), {"reason": " "}, "reason"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            put(country, "national", setting, place, value, **more)
        assert refusal.value.field == field
    put(country, "national", DAYS, None, 20)
    for seen in ("", "30"):
        with pytest.raises(Overtaken):
            put(country, "national", DAYS, None, 25, seen=seen)
    put(country, "national", DAYS, None, 25, seen="20")


def test_the_country_is_the_whole_country_under_both_its_names(country):
    put(country, "national", DAYS, "BI", 50)
    put(country, "national", DAYS, None, 55)
    assert db.session.scalars(select(SettingValue.value)).all() == ["55"]
    with unit_of_work(Access.system("test")):
        make.facility("XX", "country")  # a second root: the first is not the whole any more
    put(country, "admin", DAYS, "BI", 60)
    assert (value_of(DAYS), value_of(DAYS, country["P1A"])) == (55, 60)


def test_the_trail_says_who_changed_what_to_what_and_why(country):
    put(country, "national", SHARE, None, Decimal("0.7"), reason="circulaire 12")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.entity == "core.setting")).one()
    said = json.loads(entry.body)
    assert (said["user"], said["changes"]["value"], said["reason"]) == ("National", [None, "0.7"], "circulaire 12")
    assert said["changes"]["code"] == [None, "core.share"]


def sent(client, address, **typed):
    (form,) = [each for each in Forms(client.get(address).text).found if each.post and "value" in each.inputs]
    return client.post(form.action, data=form.data() | typed)


def test_the_page_says_what_holds_where_it_comes_from_and_who_set_it(country, client):
    make.sign_in(client, "national")
    assert sent(client, "/settings/core.days", value="21").status_code == 302
    at = country.ids["P1A"]
    answer = sent(client, f"/settings/core.days?of={at}", value="9")
    assert answer.location == f"/settings/?of={at}"
    text = client.get("/settings/?place=P1A-CDS1").text
    assert (
        "9\N{NO-BREAK SPACE}days" in text and "30\N{NO-BREAK SPACE}days" in text
    )  # what holds, and the ordinary value
    assert "P1A<br>" in text and "National," in text
    assert "Mail is sent" not in text  # of a place only what may differ there
    text = client.get("/settings/").text
    assert "21\N{NO-BREAK SPACE}days" in text and "1 autre lieu" in text
    assert "Mail is sent" in text
    row = db.session.scalars(select(SettingValue).where(SettingValue.facility_id == at)).one()
    assert client.get(f"/settings/{row.id}").location == f"/settings/core.days?of={at}"
    assert client.get(f"/settings/core.days?of={at}").text.count(f"/do/core.setting.take_back/{row.id}") == 1
    assert client.post(f"/do/core.setting.take_back/{row.id}", data={"reason": ""}).status_code == 302
    assert value_of(DAYS, country["P1A"]) == 21


def test_the_form_tells_at_its_field_what_is_wrong_and_keeps_what_was_typed(country, client):
    make.sign_in(client, "national")
    answer = sent(client, "/settings/core.days", value="400")
    assert answer.status_code == 422 and 'value="400"' in answer.text and "365" in answer.text
    answer = sent(client, "/settings/core.share", value="0,7", reason="")
    assert answer.status_code == 422 and "reason-error" in answer.text
    assert sent(client, "/settings/core.share", value="0,7", reason="loi").status_code == 302
    assert value_of(SHARE) == Decimal("0.7")
    assert sent(client, "/settings/core.mail", value="y").status_code == 302 and value_of(MAIL) is True


def test_of_two_who_set_the_same_the_later_one_reads_what_the_first_has_set(country, app, client):
    make.sign_in(client, "national")
    (form,) = [each for each in Forms(client.get("/settings/core.days").text).found if "value" in each.inputs]
    put(country, "admin", DAYS, None, 90)
    answer = client.post(form.action, data=form.data() | {"value": "7"})
    assert answer.status_code == 409 and "90" in answer.text and value_of(DAYS) == 90
    (again,) = [each for each in Forms(answer.text).found if "value" in each.inputs]
    assert client.post(form.action, data=again.data()).status_code == 302 and value_of(DAYS) == 7


def test_a_program_sets_it_by_the_same_verb(country, client):
    make.sign_in(client, "provincial")
    sent = {"code": "core.days", "place": "P1A", "value": 5}
    answer = client.post("/do/core.setting.set", json=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 200 and value_of(DAYS, country["P1A"]) == 5
    sent = {"code": "core.days", "value": 5}
    assert client.post("/do/core.setting.set", json=sent, headers={"Accept": "application/json"}).status_code == 403
    answer = client.post("/do/core.setting.set", json={"code": "x"}, headers={"Accept": "application/json"})
    assert answer.status_code == 422


def test_who_may_not_change_it_reads_it_and_finds_no_form(country, client):
    make.sign_in(client, "nobody")
    assert not [each for each in Forms(client.get("/settings/core.days").text).found if "value" in each.inputs]
    assert client.post("/settings/core.days", data={"code": "core.days", "value": "3"}).status_code == 403
    assert client.get("/settings/core.nothing").status_code == 404
    home = client.get("/").text
    assert "/settings/" not in home
    make.sign_in(client, "provincial")
    assert "/settings/" in client.get("/").text


def test_a_list_of_settings_costs_one_statement_however_many_there_are(country, client):
    make.sign_in(client, "national")
    client.get("/settings/")
    with statements() as sent:
        client.get("/settings/")
    assert sum("core_setting" in each for each in sent) == 1
    assert len(sent) <= 12


def test_a_setting_that_does_not_fit_refuses_the_start():
    known = {RIGHT: Permission(RIGHT, "x")}
    assert list(checks.named_settings([[DAYS]], known)) == ["core.days"]
    for wrong in (
        [DAYS, DAYS], [SINCE], [Setting("core.x", "X", 400, RIGHT, most=365)],
        [Setting("core.x", "X", "green", RIGHT, choices={"red": "Red"})], [Setting("core.x", "X", 1.5, RIGHT)],
    ):  # fmt: skip
        with pytest.raises(checks.DoesNotFit):
            checks.named_settings([wrong], known)
